#pragma once

#include <cstdint>
#include <ctime>

namespace rk {

/// Reads a clock of this host [clock_gettime(2)], in nanoseconds.
[[nodiscard]] inline std::int64_t now_ns(clockid_t clock) noexcept {
  std::timespec t{};
  ::clock_gettime(clock, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}
/// Nanoseconds since 1970, of the clock that may be set.
[[nodiscard]] inline std::int64_t unix_ns() noexcept {
  return now_ns(CLOCK_REALTIME);
}
/// Nanoseconds since boot, of the clock that never goes back.
[[nodiscard]] inline std::int64_t monotonic_ns() noexcept {
  return now_ns(CLOCK_MONOTONIC);
}

}  // namespace rk
