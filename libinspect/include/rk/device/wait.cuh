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

RK_DEVICE inline void open_wait(const actor& self, abi::wait_kind kind, std::uint32_t object,
                                std::uint64_t expected, std::uint64_t observed, std::uint64_t now,
                                int line) {
  abi::wait_record& wait = self.record->wait;
  publish(wait.object, object);
  publish(wait.expected, expected);
  publish(wait.observed, observed);
  publish(wait.since_ns, now);
  publish(wait.source_line, static_cast<std::uint32_t>(line));
  publish<order::release>(wait.kind, kind);
}

RK_DEVICE inline void close_wait(const actor& self) {
  publish(self.record->wait.kind, abi::wait_kind::none);
}

/// Waits until `poll()` returns at least `expected`. Called by the leader alone.
///
/// A wait that its first poll ends leaves no record: there is nothing to see, and the stores cost
/// time.
template <class Poll>
[[nodiscard]] RK_DEVICE status wait_until(const actor& self, abi::wait_kind kind,
                                          std::uint32_t object, std::uint64_t expected, int line,
                                          Poll poll) {
  std::uint64_t observed = poll();
  if (observed >= expected) return status::ok;
  const std::uint64_t since = clock_ns();
  const bool recorded = records(self);
  if (recorded) open_wait(self, kind, object, expected, observed, since, line);

  status result = status::ok;
  for (unsigned attempt = 1; (observed = poll()) < expected; ++attempt) {
    if (attempt % polls_per_check == 0) {
      if (recorded) publish(self.record->wait.observed, observed);
      if (abi::asks(pending_requests(self), abi::request::abort)) {
        result = status::aborted;
        break;
      }
      if (clock_ns() - since > self.view.wait_deadline_ns) {
        result = status::timed_out;
        break;
      }
    }
    pause(attempt);
  }
  // A failed wait keeps its record: it is the reason why the actor failed.
  if (recorded && result == status::ok) close_wait(self);
  return result;
}

/// Gives the leader's status to all threads of the block. A block-wide barrier.
[[nodiscard]] RK_DEVICE inline status share_status(actor& self, status leaders) {
  if (!block_sync_or(self.leader && leaders != status::ok)) return status::ok;
  const bool aborted = block_sync_or(self.leader && leaders == status::aborted);
  const status shared = aborted ? status::aborted : status::timed_out;
  if (self.last == status::ok) self.last = shared;
  return shared;
}

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
