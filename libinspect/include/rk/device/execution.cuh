#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>

#if RK_CUDA_COMPILER
#include <rk/device/cuda/execution.cuh>
#else
#include <rk/device/cpu/execution.hpp>
#endif

/// Where a thread stands, and how the threads of a block meet. Each back-end supplies, in namespace
/// rk:
///
///   index3 thread_index(), block_index(), block_extent(), grid_extent();
///   void block_sync();                          all threads of the block
///   bool block_sync_or(bool);                   the same, and whether any of them passed true
///   T warp_shuffle(T value, unsigned lane);     value of another lane; all 32 lanes take part
///   T warp_shuffle_down(T value, unsigned n);   value of lane + n, own value past the end
///   unsigned warp_ballot(bool);                 a bit for each lane
///   std::uint64_t clock_ns();                   device clock, never goes back on one actor
///   void pause(unsigned attempt);               let others go on while polling
///   void sleep_ns(unsigned ns);                 about as long; others of the block may go on
///   unsigned quick_polls;                       constant: polls without a pause
///   unsigned processor_index();                 streaming multiprocessor, zero on the CPU
///
/// `warp_*` take trivially copyable types of at most 8 bytes. Warps are 32 consecutive threads; the
/// last warp of a block may be shorter on the CPU back-end, and must not be on the GPU.
/// `block_sync` and `warp_*` must be reached by all threads concerned, or none.

namespace rk {
inline namespace RK_BACKEND_NAMESPACE {

/// Number of a block within its grid, x fastest.
RK_DEVICE inline std::uint32_t linear_block_index() {
  const index3 b = block_index();
  const index3 g = grid_extent();
  return (b.z * g.y + b.y) * g.x + b.x;
}

/// Number of a thread within its block, x fastest.
RK_DEVICE inline std::uint32_t linear_thread_index() {
  const index3 t = thread_index();
  const index3 e = block_extent();
  return (t.z * e.y + t.y) * e.x + t.x;
}

/// Sum of `value` over a warp, in lane 0; the order of additions is fixed.
template <class T>
RK_DEVICE T warp_sum(T value) {
  for (unsigned distance = 16; distance != 0; distance /= 2) {
    value = static_cast<T>(value + warp_shuffle_down(value, distance));
  }
  return value;
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
