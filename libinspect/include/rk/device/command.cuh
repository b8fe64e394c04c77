#pragma once

#include <cstdint>
#include <cstring>

#include <rk/abi/command.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/outside.cuh>
#include <rk/device/tagged_word.cuh>

namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// One look after another at the slot of the next command; the leader's.
class command_poll {
  static RK_DEVICE abi::tagged_word load(const abi::tagged_word& from) {
    return load_tagged<order::relaxed, scope::system>(from);
  }

 public:
  RK_DEVICE command_poll(const abi::command_queue_handle& queue, std::uint64_t number,
                         std::uint64_t* words)
      : slot_(queue.slots +
              ((number - 1) & (queue.depth - 1)) * std::uint64_t{queue.words_per_command}),
        words_(words),
        number_(number),
        count_(queue.words_per_command) {}

  RK_DEVICE bool operator()() {
    const abi::tagged_word first = load(slot_[0]);
    if (first.tag != number_) return false;
    words_[0] = first.word;
    // Each is a trip over the bus: several are on their way at once.
    for (std::uint32_t i = 1; i < count_; i += at_once_) take(i);
    return true;
  }
  [[nodiscard]] RK_DEVICE bool is_remote() const { return true; }

 private:
  static constexpr std::uint32_t at_once_ = 4;

  /// The host stores the first word last, so the others are there.
  RK_DEVICE void take(std::uint32_t from) {
    abi::tagged_word next[at_once_];
    bool has_all = false;
    while (!has_all) {
      has_all = true;
      RK_UNROLL
      for (std::uint32_t i = 0; i < at_once_; ++i) {
        if (from + i < count_) next[i] = load(slot_[from + i]);
      }
      RK_UNROLL
      for (std::uint32_t i = 0; i < at_once_; ++i) {
        has_all = has_all && (from + i >= count_ || next[i].tag == number_);
      }
    }
    RK_UNROLL
    for (std::uint32_t i = 0; i < at_once_; ++i) {
      if (from + i < count_) words_[from + i] = next[i].word;
    }
  }

  const abi::tagged_word* slot_;
  std::uint64_t* words_;
  std::uint64_t number_;
  std::uint32_t count_;
};

}  // namespace detail

/// An actor's end of a queue of commands.
/// ```
/// rk::command_reader<order> orders(self, queue);
/// while (rk::safe_point(self)) {
///   order now{};
///   const rk::status got = orders.next(now);
///   if (got == rk::status::aborted) break;
///   if (got != rk::status::ok) continue;      // interrupted: to the safe point
///   carry_out(now);
///   orders.acknowledge(result);
/// }
/// ```
/// In kernels whose actors are independent, one actor reads (the queue's owner). In kernels with
/// common safe points all actors make the same calls and get the same commands, each block all of
/// it; actor 0 is the owner. All functions are called by all threads of a block.
///
/// A command counts as done once it is acknowledged: one that was taken when the kernel ended or
/// was preempted is handed out again.
template <class T>
class command_reader {
 public:
  RK_DEVICE command_reader(actor& self, const command_queue<T>& queue)
      : self_(&self), queue_(&queue), decides_(self.view.sync != synchrony::independent) {
    is_owner_ = self.index == queue.owner;
    done_ = atomic_load<order::relaxed, scope::system>(queue.memory->counters.acknowledged);
  }
  command_reader(const command_reader&) = delete;
  command_reader& operator=(const command_reader&) = delete;

  /// Waits for the next command, at most `limit_ns`; idle, as rk::kernel_wait is. Before the one
  /// before is acknowledged it gives that once more. Returns `timed_out`, `interrupted` or
  /// `aborted` as kernel_wait does, and `nobody` for an actor that is not the queue's owner and has
  /// no common safe points with it.
  [[nodiscard]] RK_DEVICE status next(T& command, std::uint64_t limit_ns = detail::no_limit,
                                      int line = __builtin_LINE()) {
    __shared__ std::uint64_t words[(sizeof(T) + 7) / 8];
    if (!is_owner_ && !decides_) return status::nobody;
    detail::command_poll poll(*queue_, done_ + 1, words);
    detail::wishes wanted;
    wanted.limit_ns = limit_ns;
    const detail::wake woken =
        detail::await_outside(*self_, wanted, words, queue_->words_per_command, line, poll);
    if (woken.kind != detail::outcome_kind::command) return detail::status_of(woken.kind);
    std::memcpy(&command, words, sizeof command);
    detail::keep_if_everything(*self_, abi::event_kind::commanded, 0, done_ + 1);
    if (is_owner_ && self_->leader) {
      taken_ns_ = clock_ns();
      detail::publish(queue_->memory->counters.taken, done_ + 1);
    }
    return status::ok;
  }

  /// Answers the command that `next` gave. `O` is release: what the block wrote before (and what it
  /// acquired from others, by a barrier) is visible to the host that hears of it; or relaxed, which
  /// is 0.5 µs quicker on an H200, if the answer itself says all.
  template <order O = order::release>
  RK_DEVICE void acknowledge(std::uint64_t answer = 0) {
    static_assert(O == order::release || O == order::relaxed);
    ++done_;
    if constexpr (O == order::release) block_sync();
    if (!is_owner_ || !self_->leader) return;
    abi::tagged_word& reply = queue_->replies[(done_ - 1) & (queue_->depth - 1)];
    const std::uint64_t tag = abi::make_reply_tag(done_, clock_ns() - taken_ns_);
    detail::store_tagged<O, scope::system>(reply, tag, answer);
    detail::publish(queue_->memory->counters.acknowledged, done_);
  }

 private:
  actor* self_;
  const command_queue<T>* queue_;
  std::uint64_t done_ = 0;  ///< commands acknowledged
  std::uint64_t taken_ns_ = 0;
  bool decides_;
  bool is_owner_ = false;
};

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
