#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <rk/abi/compiler.hpp>
#include <rk/abi/index3.hpp>

/// CUDA's own words, so that one kernel source compiles for both back-ends. A block is one OS
/// thread, which is what makes `__shared__` a thread-local static: one instance a block, seen by
/// all its fibers.
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static thread_local

namespace rk {
inline namespace RK_BACKEND_NAMESPACE {

/// Of the calling fiber. Undefined outside a kernel.
[[nodiscard]] index3 thread_index();
[[nodiscard]] index3 block_index();
[[nodiscard]] index3 block_extent();
[[nodiscard]] index3 grid_extent();

void block_sync();
[[nodiscard]] bool block_sync_or(bool value);

[[nodiscard]] std::uint64_t clock_ns();
void pause(unsigned attempt);
void sleep_ns(unsigned ns);
/// None: another block may need this processor to come.
inline constexpr unsigned quick_polls = 0;
[[nodiscard]] inline unsigned processor_index() {
  return 0;
}

namespace detail {

/// Publishes this lane's word, waits for the warp, and returns what `lane` published; a lane past
/// the warp's end gives the caller's own word back.
[[nodiscard]] std::uint64_t warp_exchange(std::uint64_t word, unsigned lane);
[[nodiscard]] unsigned lane_index();

template <class T>
[[nodiscard]] std::uint64_t to_word(T value) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  return word;
}

template <class T>
[[nodiscard]] T from_word(std::uint64_t word) {
  T value;
  std::memcpy(&value, &word, sizeof(T));
  return value;
}

}  // namespace detail

template <class T>
[[nodiscard]] T warp_shuffle(T value, unsigned lane) {
  return detail::from_word<T>(detail::warp_exchange(detail::to_word(value), lane));
}
template <class T>
[[nodiscard]] T warp_shuffle_down(T value, unsigned distance) {
  return warp_shuffle(value, detail::lane_index() + distance);
}
[[nodiscard]] unsigned warp_ballot(bool value);

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
