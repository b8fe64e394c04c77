// The part of session_core that tells kernels something while they run.
#include <algorithm>
#include <bit>
#include <thread>

#include <rk/error.hpp>
#include <rk/protocol/socket.hpp>

#include "host/runtime_types.hpp"
#include "host/session_core.hpp"

namespace rk::host {
namespace {

using std::chrono::steady_clock;

constexpr std::uint32_t max_queue_depth = 65'536;
/// An answer takes microseconds if the kernel waits for commands.
constexpr std::chrono::microseconds busy_limit{100};
constexpr std::chrono::microseconds nap{50};
/// Between two looks whether the kernel still runs.
constexpr std::chrono::milliseconds state_check{5};

bool has_heard(const abi::actor_record& r, std::uint32_t number) {
  if (r.state != abi::actor_state::running) return r.state != abi::actor_state::not_started;
  const auto heard = static_cast<std::uint32_t>(r.wait.observed);
  const bool is_told = r.wait.expected == 0 || !abi::is_behind(number, heard);
  return r.wait.kind == abi::wait_kind::idle && is_told;
}

}  // namespace

void session_core::notify(model::kernel_id id, std::uint32_t flags) {
  if (flags == 0) throw invalid_argument("a notification raises at least one flag");
  signals_.ring(id, const_cast<abi::doorbell&>(*registry_->bindings_of(id).host_bell), flags);
}

bool session_core::wait_idle(model::kernel_id id, std::chrono::nanoseconds limit) {
  const auto until = protocol::after(limit);
  const std::uint32_t number = signals_.latest(id);
  for (;;) {
    const auto state = status(id);
    if (state.state == model::kernel_state::faulted)
      throw error("the kernel faulted: " + state.error);
    const auto records = records_of(id);
    const bool is_idle = std::all_of(records.begin(), records.end(),
                                     [&](const auto& r) { return has_heard(r, number); });
    if (is_idle) return true;
    if (steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(nap);
  }
}

abi::command_queue_handle session_core::create_queue(const std::string& name, std::size_t bytes,
                                                     const command_queue_options& options) {
  if (options.depth < 2 || options.depth > max_queue_depth || !std::has_single_bit(options.depth)) {
    throw invalid_argument("queue '" + name + "': a depth of " + std::to_string(options.depth) +
                           "; it is a power of two from 2 to " + std::to_string(max_queue_depth));
  }
  abi::command_queue_handle queue;
  queue.depth = options.depth;
  queue.words_per_command = static_cast<std::uint32_t>((bytes + 7) / 8);
  queue.owner = options.owner;
  const std::uint64_t slot_bytes =
      std::uint64_t{queue.depth} * queue.words_per_command * sizeof(abi::tagged_word);
  std::byte* at = registry_->add_runtime_symbol(
      {.name = name + ".commands",
       .type = command_counters_type,
       .extents = {},
       .bytes = sizeof(abi::command_counters),
       .further_bytes = slot_bytes + queue.depth * sizeof(abi::tagged_word),
       .in_host_memory = true});
  queue.memory = reinterpret_cast<abi::command_memory*>(at);
  queue.slots = reinterpret_cast<abi::tagged_word*>(at + sizeof(abi::command_memory));
  queue.replies = queue.slots + slot_bytes / sizeof(abi::tagged_word);
  queue.memory->counters.depth = queue.depth;
  queue.memory->counters.command_bytes = bytes;
  const std::lock_guard lock(senders_mutex_);
  queue.sender = senders_.emplace_back(std::make_unique<command_sender>(*this, queue)).get();
  return queue;
}

abi::status session_core::post(const abi::command_queue_handle& queue, const std::uint64_t* words) {
  if (queue.sender == nullptr || &queue.sender->owner() != this) {
    throw invalid_argument("the queue of commands belongs to another session");
  }
  return queue.sender->post(words, false) ? abi::status::ok : abi::status::full;
}

namespace {

/// Waits for `look` to give something: busy at first, then with naps. Calls `check` now and then,
/// which throws if there is no hope.
template <class Look, class Check>
auto wait_for(steady_clock::time_point until, const char* what, Look look, Check check) {
  const auto begin = steady_clock::now();
  auto next_check = begin + state_check;
  for (unsigned attempt = 1;; ++attempt) {
    if (auto found = look()) return found;
    // Reading the clock takes as long as a few looks.
    if (attempt % 16 != 0) continue;
    const auto now = steady_clock::now();
    if (now >= until) throw timeout(what);
    if (now >= next_check) {
      try {
        check();
      } catch (...) {
        // What it did last may have been this.
        if (auto found = look()) return found;
        throw;
      }
      next_check = now + state_check;
    }
    if (now - begin > busy_limit) std::this_thread::sleep_for(nap);
  }
}

}  // namespace

command_answer session_core::call(model::kernel_id id, const abi::command_queue_handle& queue,
                                  const std::uint64_t* words, std::chrono::nanoseconds limit) {
  if (queue.sender == nullptr || &queue.sender->owner() != this) {
    throw invalid_argument("the queue of commands belongs to another session");
  }
  command_sender& sender = *queue.sender;
  const auto begin = steady_clock::now();
  const auto until = protocol::after(limit);
  const auto require_life = [&] {
    const auto now = status(id);
    if (now.state == model::kernel_state::faulted) throw error("the kernel faulted: " + now.error);
    if (now.state == model::kernel_state::finished) {
      throw error("the kernel ended before it acknowledged the command");
    }
  };
  const std::uint64_t number = *wait_for(
      until, "the queue of commands stayed full: the kernel acknowledges none of them",
      [&] { return sender.post(words, true); }, require_life);
  struct held {
    command_sender& sender;
    std::uint64_t number;
    bool is_answered;
    ~held() { sender.release(number, is_answered); }
  } hold{sender, number, false};
  const auto answer = *wait_for(
      until, "the kernel did not acknowledge the command in time; it may still do what it says",
      [&] { return sender.answer_to(number); }, require_life);
  hold.is_answered = true;
  command_answer result;
  result.value = answer.value;
  result.round_trip = steady_clock::now() - begin;
  result.handling = std::chrono::nanoseconds(answer.handling_ns);
  return result;
}

}  // namespace rk::host
