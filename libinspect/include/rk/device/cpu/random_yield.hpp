#pragma once

#include <rk/abi/compiler.hpp>

#ifdef RK_RANDOM_YIELDS
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#endif

/// Accesses of the CPU back-end that now and then let other blocks go first, so that tests see
/// orders of events that a quiet machine hardly ever shows. Only in builds configured with
/// RK_RANDOM_YIELDS.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

#ifdef RK_RANDOM_YIELDS
/// Before one access in 32 another thread may run; before one in 2048 the caller stays away for as
/// long as others take for many accesses.
inline void random_yield() noexcept {
  static std::atomic<std::uint64_t> threads = 0;
  thread_local std::uint64_t random = ++threads * 0x9e37'79b9'7f4a'7c15;
  random ^= random << 13;  // xorshift64
  random ^= random >> 7;
  random ^= random << 17;
  if (random % 2048 == 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  } else if (random % 32 == 0) {
    std::this_thread::yield();
  }
}
#else
inline void random_yield() noexcept {}
#endif

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
