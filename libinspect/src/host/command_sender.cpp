#include "host/command_sender.hpp"

#include <algorithm>

#include <rk/device/atomic.cuh>
#include <rk/device/cpu/tagged_word.hpp>

namespace rk::host {
namespace {

/// Stored or loaded in two parts, the tag behind the word or before it: a processor that reads 16
/// bytes of a line at once, as a GPU does, sees no new tag without its word.
abi::tagged_word load(const abi::tagged_word& from) {
  return detail::load_tagged<order::acquire, scope::system>(from);
}

void count(std::uint64_t& counter, std::uint64_t value) {
  atomic_store<order::relaxed, scope::system>(counter, value);
}

}  // namespace

command_sender::command_sender(const session_core& owner, const abi::command_queue_handle& queue)
    : owner_(owner), queue_(queue), awaited_(queue.depth) {}

bool command_sender::has_room(std::uint64_t number) {
  if (awaited_[place_of(number)] != 0) return false;
  if (number <= answered_ + queue_.depth) return true;
  // Not asked each time: the kernel wrote that line last, so it is not in this processor's cache.
  const std::uint64_t before = number - queue_.depth;
  if (!abi::answers(load(queue_.replies[place_of(number)]).tag, before)) return false;
  answered_ = before;
  return true;
}

std::optional<std::uint64_t> command_sender::post(const std::uint64_t* words, bool is_awaited) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = posted_ + 1;
  if (!has_room(number)) {
    // Who awaits an answer comes again.
    if (!is_awaited) count(queue_.memory->counters.rejected, ++rejected_);
    return std::nullopt;
  }
  posted_ = number;
  const std::size_t place = place_of(number);
  awaited_[place] = is_awaited ? 1 : 0;
  abi::tagged_word* slot = queue_.slots + place * queue_.words_per_command;
  for (std::uint32_t i = queue_.words_per_command; i-- > 0;) {
    detail::store_tagged<order::release, scope::system>(slot[i], number, words[i]);
  }
  count(queue_.memory->counters.posted, number);
  return number;
}

std::optional<command_sender::answer> command_sender::answer_to(std::uint64_t number) const {
  const abi::tagged_word reply = load(queue_.replies[place_of(number)]);
  if (!abi::answers(reply.tag, number)) return std::nullopt;
  return answer{reply.word, abi::handling_ns(reply.tag)};
}

void command_sender::release(std::uint64_t number, bool is_answered) {
  const std::lock_guard lock(mutex_);
  awaited_[place_of(number)] = 0;
  // Answers come in order.
  if (is_answered) answered_ = std::max(answered_, number);
}

}  // namespace rk::host
