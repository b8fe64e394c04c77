#pragma once

#include <cstdint>

#include <rk/abi/actor_record.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/execution.cuh>

/// The one loop in which the runtime waits: it leaves a record, has a deadline and obeys an abort.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// Polls between looks at the abort word and at the clock: both cost more than a poll.
inline constexpr unsigned polls_per_check = 64;

RK_DEVICE inline void open_wait(abi::actor_record& of, abi::wait_kind kind, std::uint32_t object,
                                std::uint64_t expected, std::uint64_t observed, std::uint64_t now,
                                int line) {
  abi::wait_record& wait = of.wait;
  publish(wait.object, object);
  publish(wait.expected, expected);
  publish(wait.observed, observed);
  publish(wait.since_ns, now);
  publish(wait.source_line, static_cast<std::uint32_t>(line));
  publish<order::release>(wait.kind, kind);
  if (keeps_events()) {
    keep_event(abi::event_kind::waiting, static_cast<std::uint32_t>(kind), object, now);
  }
}

RK_DEVICE inline void close_wait(abi::actor_record& of) {
  if (keeps_events()) {
    const std::uint64_t now = clock_ns();
    keep_event(abi::event_kind::waited, static_cast<std::uint32_t>(of.wait.kind),
               now - of.wait.since_ns, now);
  }
  publish(of.wait.kind, abi::wait_kind::none);
}

/// Whether an independent actor has something to do at its next safe point.
RK_DEVICE inline bool is_wanted_alone(std::uint64_t pending) {
  return (pending & abi::independent_requests) != 0 ||
         abi::requested_operation(pending) > leaders().operation;
}

/// What ends a wait besides what it waits for, its deadline and an abort.
enum class yields_to {
  nothing,   ///< a step hangs on it
  hurry,     ///< an urgent preemption
  requests,  ///< whatever an independent actor does at a safe point
};

/// Why a wait must end without what it waits for; ok: it need not.
template <yields_to Y>
[[nodiscard]] RK_DEVICE status interruption(std::uint64_t since, std::uint64_t limit_ns) {
  const waiter& who = leaders().who;
  const std::uint64_t pending =
      atomic_load<order::relaxed, scope::system>(who.requests->request.word);
  if (abi::asks(pending, abi::request::abort)) return status::aborted;
  if (Y == yields_to::hurry && abi::asks(pending, abi::request::hurry)) return status::preempted;
  const bool yields = Y == yields_to::requests && who.is_independent;
  if (yields && is_wanted_alone(pending)) return status::interrupted;
  return clock_ns() - since > limit_ns ? status::timed_out : status::ok;
}

/// Waits until `poll(attempt)` returns true; `attempt` counts from 1. Called by the leader alone.
/// For the record, `poll.observed` is what it saw last and `poll.expected()` what ends the wait.
///
/// A wait that ends before its first check leaves no record: there is little to see, and a record
/// that is whole for hosts costs more time than such a wait takes.
template <yields_to Y, class Poll>
[[nodiscard]] RK_DEVICE status wait_for(abi::wait_kind kind, std::uint32_t object, int line,
                                        std::uint64_t limit_ns, Poll& poll) {
  const waiter& who = leaders().who;
  if (limit_ns > who.deadline_ns) limit_ns = who.deadline_ns;
  std::uint64_t since = 0;
  bool is_open = false;
  status result = status::ok;
  RK_NO_UNROLL
  for (unsigned attempt = 1; !poll(attempt); ++attempt) {
    if (attempt == 1) since = clock_ns();
    if (attempt % polls_per_check == 0) {
      if (is_open) publish(who.record->wait.observed, poll.observed);
      if (!is_open && who.records) {
        open_wait(*who.record, kind, object, poll.expected(), poll.observed, since, line);
        is_open = true;
      }
      result = interruption<Y>(since, limit_ns);
      if (result != status::ok) break;
    }
    pause(attempt);
  }
  // A failed wait keeps its record: it is the reason why the actor failed.
  const bool has_failed =
      result == status::aborted || (result == status::timed_out && limit_ns == who.deadline_ns);
  if (is_open && !has_failed) close_wait(*who.record);
  return result;
}

/// The same for what can be full or empty; with no limit it looks once. Outside events are waited
/// for: an independent actor comes out for requests. `poll.end` is why it is over, if it is not for
/// what was waited for.
template <class Poll>
[[nodiscard]] RK_DEVICE status wait_or_look(abi::wait_kind kind, std::uint32_t object, int line,
                                            std::uint64_t limit_ns, Poll& poll) {
  if (limit_ns == 0) {
    if (!poll(1)) return kind == abi::wait_kind::room ? status::full : status::empty;
    return poll.end;
  }
  const status result = wait_for<yields_to::requests>(kind, object, line, limit_ns, poll);
  return result == status::ok ? poll.end : result;
}

/// Gives the leader's answer to all threads; of its `result` only failures count against the actor.
/// Called behind a block barrier that came after the last time.
template <class Answer>
[[nodiscard]] RK_DEVICE Answer share_answer(actor& self, const Answer& leaders,
                                            std::uint64_t limit_ns) {
  __shared__ Answer said;
  if (self.leader) said = leaders;
  block_sync();
  const Answer shared = said;
  const bool has_failed =
      shared.result == status::aborted ||
      (shared.result == status::timed_out && limit_ns >= self.view.wait_deadline_ns);
  if (has_failed && self.last == status::ok) self.last = shared.result;
  return shared;
}

/// Waits until `load()` returns at least `expected`. As wait_for.
template <yields_to Y = yields_to::nothing, class Load>
[[nodiscard]] RK_DEVICE status wait_until(abi::wait_kind kind, std::uint32_t object,
                                          std::uint64_t expected, int line, Load load) {
  struct {
    Load& load;
    std::uint64_t wanted;
    std::uint64_t observed = 0;
    RK_DEVICE bool operator()(unsigned) { return (observed = load()) >= wanted; }
    RK_DEVICE std::uint64_t expected() const { return wanted; }
  } poll{load, expected};
  return wait_for<Y>(kind, object, line, leaders().who.deadline_ns, poll);
}

/// How a leader's wait at a barrier ended; before share_failure. The generation by reference: it is
/// seldom asked for.
RK_DEVICE inline void note_met(const actor& self, status result, abi::wait_kind where,
                               const std::uint64_t& generation) {
  if (result != status::ok) [[unlikely]] {
    block_failure() = result;
  } else if (keeps_everything(self)) [[unlikely]] {
    keep_event(abi::event_kind::met, static_cast<std::uint32_t>(where), generation, clock_ns());
  }
}

/// Gives a failure that the leader noted to all threads of the block. A block-wide barrier.
[[nodiscard]] RK_DEVICE inline status share_failure(actor& self) {
  block_sync();
  const status failure = block_failure();
  if (failure != status::ok && self.last == status::ok) self.last = failure;
  return failure;
}

/// Gives the leader's status to all threads of the block. A block-wide barrier.
[[nodiscard]] RK_DEVICE inline status share_status(actor& self, status leaders) {
  if (!block_sync_or(self.leader && leaders != status::ok)) return status::ok;
  if (block_sync_or(self.leader && leaders == status::preempted)) return status::preempted;
  const bool aborted = block_sync_or(self.leader && leaders == status::aborted);
  const status shared = aborted ? status::aborted : status::timed_out;
  if (self.last == status::ok) self.last = shared;
  return shared;
}

}  // namespace detail

/// Waits until the word, which another actor or a host advances, is at least `expected`. Called by
/// all threads of a block; what was written before the word's release is visible after it.
///
/// Ends with `preempted` if the kernel is to leave the GPU in a hurry: go to the next safe point
/// without what was waited for. That is no failure. Ends with `timed_out` or `aborted` as all waits
/// do.
[[nodiscard]] RK_DEVICE inline status wait_at_least(actor& self, const std::uint64_t& word,
                                                    std::uint64_t expected,
                                                    int line = __builtin_LINE()) {
  block_sync();
  status result = status::ok;
  if (self.leader) {
    result = detail::wait_until<detail::yields_to::hurry>(
        abi::wait_kind::user, 0, expected, line,
        [&] { return atomic_load<order::acquire, scope::system>(word); });
  }
  return detail::share_status(self, result);
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
