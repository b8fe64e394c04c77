#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>

#if RK_CUDA_COMPILER
#include <cuda/atomic>
#else
#include <atomic>

#include <rk/device/cpu/random_yield.hpp>
#endif

/// Loads, stores, additions and exchanges with their order and scope spelt out.
///
/// On the GPU over libcu++'s `cuda::atomic_ref`, on the CPU back-end over `std::atomic_ref`, where
/// every scope is the same. `T` is an integer of 4 or 8 bytes, aligned to its size.
namespace rk {

/// Who must see an operation in order.
enum class scope { block, device, system };

/// Memory order, as in the C++ standard.
enum class order { relaxed, acquire, release, acq_rel, seq_cst };

inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

#if RK_CUDA_COMPILER
template <scope S>
inline constexpr cuda::thread_scope scope_of = S == scope::block    ? cuda::thread_scope_block
                                               : S == scope::device ? cuda::thread_scope_device
                                                                    : cuda::thread_scope_system;
template <order O>
inline constexpr cuda::memory_order order_of = O == order::relaxed   ? cuda::memory_order_relaxed
                                               : O == order::acquire ? cuda::memory_order_acquire
                                               : O == order::release ? cuda::memory_order_release
                                               : O == order::acq_rel ? cuda::memory_order_acq_rel
                                                                     : cuda::memory_order_seq_cst;
template <scope S, class T>
RK_DEVICE cuda::atomic_ref<T, scope_of<S>> access(T& object) noexcept {
  return cuda::atomic_ref<T, scope_of<S>>(object);
}
#else
template <order O>
inline constexpr std::memory_order order_of = O == order::relaxed   ? std::memory_order_relaxed
                                              : O == order::acquire ? std::memory_order_acquire
                                              : O == order::release ? std::memory_order_release
                                              : O == order::acq_rel ? std::memory_order_acq_rel
                                                                    : std::memory_order_seq_cst;
template <scope, class T>
std::atomic_ref<T> access(T& object) noexcept {
  random_yield();
  return std::atomic_ref<T>(object);
}
#endif

}  // namespace detail

/// Value of `object`. `O` is relaxed, acquire or seq_cst.
template <order O, scope S, class T>
[[nodiscard]] RK_DEVICE T atomic_load(const T& object) noexcept {
  return detail::access<S>(const_cast<T&>(object)).load(detail::order_of<O>);
}

/// Replaces `object` by `value`. `O` is relaxed, release or seq_cst.
template <order O, scope S, class T>
RK_DEVICE void atomic_store(T& object, T value) noexcept {
  detail::access<S>(object).store(value, detail::order_of<O>);
}

/// Adds `value` to `object` and returns what it was before.
template <order O, scope S, class T>
RK_DEVICE T atomic_add(T& object, T value) noexcept {
  return detail::access<S>(object).fetch_add(value, detail::order_of<O>);
}

namespace detail {

/// A counter in device memory, acquired at device scope: atomic_load without the question in which
/// memory it lies.
RK_DEVICE inline std::uint64_t look_at(const std::uint64_t& counter) noexcept {
#if RK_CUDA_COMPILER
  std::uint64_t value = 0;
  asm volatile("ld.acquire.gpu.global.u64 %0, [%1];"
               : "=l"(value)
               : "l"(__cvta_generic_to_global(&counter))
               : "memory");
  return value;
#else
  return access<scope::device>(const_cast<std::uint64_t&>(counter)).load(std::memory_order_acquire);
#endif
}

/// One more in a counter in device memory, by thread 0 of a block; acquires and releases at device
/// scope. Of an addition whose summand is known, the compiler makes one that a whole warp shares,
/// which costs a lone thread 0.05 us: hence a summand that it does not know.
RK_DEVICE inline std::uint64_t add_one(std::uint64_t& counter) noexcept {
#if RK_CUDA_COMPILER
  std::uint64_t before = 0;
  asm volatile("atom.acq_rel.gpu.global.add.u64 %0, [%1], %2;"
               : "=l"(before)
               : "l"(__cvta_generic_to_global(&counter)), "l"(std::uint64_t{threadIdx.x} + 1)
               : "memory");
  return before;
#else
  return access<scope::device>(counter).fetch_add(1, std::memory_order_acq_rel);
#endif
}

}  // namespace detail

/// Sets the bits of `value` in `object` and returns what it was before.
template <order O, scope S, class T>
RK_DEVICE T atomic_or(T& object, T value) noexcept {
  return detail::access<S>(object).fetch_or(value, detail::order_of<O>);
}

/// Replaces `object` by `value` and returns what it was before.
template <order O, scope S, class T>
[[nodiscard]] RK_DEVICE T atomic_exchange(T& object, T value) noexcept {
  return detail::access<S>(object).exchange(value, detail::order_of<O>);
}

/// Replaces `object` by `desired` if it is `expected`, and returns whether; `expected` is what it
/// was if not.
template <order O, scope S, class T>
[[nodiscard]] RK_DEVICE bool atomic_cas(T& object, T& expected, T desired) noexcept {
  return detail::access<S>(object).compare_exchange_strong(expected, desired, detail::order_of<O>);
}

/// Keeps what stands before it before what stands behind it, as the C++ standard's fence does.
template <order O, scope S>
RK_DEVICE void fence() noexcept {
#if RK_CUDA_COMPILER
  cuda::atomic_thread_fence(detail::order_of<O>, detail::scope_of<S>);
#elif defined(__SANITIZE_THREAD__)
  // ThreadSanitizer knows no fences; to it this is one, and stronger.
  static std::atomic<int> meeting_point;
  meeting_point.fetch_add(0, std::memory_order_acq_rel);
#else
  std::atomic_thread_fence(detail::order_of<O>);
#endif
}

/// The same for what hosts and other devices see.
template <order O>
RK_DEVICE void fence_system() noexcept {
  fence<O, scope::system>();
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
