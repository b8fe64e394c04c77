#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

#include <rk/error.hpp>

#include "host/operations.hpp"

/// How callers in this process wait for what `operations` never waits for.
namespace rk::host {

using operation_deadline = std::chrono::steady_clock::time_point;

/// The moment that a caller's limit ends at. Later than a year is never, and the end of the clock
/// is not passed.
[[nodiscard]] inline operation_deadline deadline_in(std::chrono::nanoseconds limit) {
  constexpr std::chrono::nanoseconds longest = std::chrono::hours(24 * 365);
  return std::chrono::steady_clock::now() + std::clamp(limit, std::chrono::nanoseconds(0), longest);
}

/// Longest time between two looks at an operation.
inline constexpr std::chrono::microseconds longest_look_pause{2000};

/// Begins an operation once nobody else is in the way; throws `rk::busy` if that takes too long.
template <class Begin>
[[nodiscard]] protocol::operation_reply wait_for_turn(operation_deadline until, Begin begin) {
  for (std::chrono::microseconds pause{10};; pause = std::min(2 * pause, longest_look_pause)) {
    try {
      return begin();
    } catch (const busy&) {
      if (std::chrono::steady_clock::now() >= until) throw;
    }
    std::this_thread::sleep_for(pause);
  }
}

/// Waits until an operation that was begun is done. Takes it back and throws `rk::timeout`, with
/// what the actors that did not come are doing, if that takes too long; `rk::error` if it fails.
/// From `hurry_at` on, waits of a kernel that is preempted give up.
[[nodiscard]] protocol::operation_reply wait_for(
    operations& all, protocol::operation_reply begun, operation_deadline until,
    operation_deadline hurry_at = operation_deadline::max());

}  // namespace rk::host
