#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/index3.hpp>

namespace rk {
inline namespace RK_BACKEND_NAMESPACE {

RK_DEVICE inline index3 thread_index() {
  return {threadIdx.x, threadIdx.y, threadIdx.z};
}
RK_DEVICE inline index3 block_index() {
  return {blockIdx.x, blockIdx.y, blockIdx.z};
}
RK_DEVICE inline index3 block_extent() {
  return {blockDim.x, blockDim.y, blockDim.z};
}
RK_DEVICE inline index3 grid_extent() {
  return {gridDim.x, gridDim.y, gridDim.z};
}

RK_DEVICE inline void block_sync() {
  __syncthreads();
}
RK_DEVICE inline bool block_sync_or(bool value) {
  return __syncthreads_or(value ? 1 : 0) != 0;
}

template <class T>
RK_DEVICE T warp_shuffle(T value, unsigned lane) {
  return __shfl_sync(0xffffffffu, value, static_cast<int>(lane));
}
template <class T>
RK_DEVICE T warp_shuffle_down(T value, unsigned distance) {
  return __shfl_down_sync(0xffffffffu, value, distance);
}
RK_DEVICE inline unsigned warp_ballot(bool value) {
  return __ballot_sync(0xffffffffu, value ? 1 : 0);
}

/// %globaltimer: one clock for the whole GPU, in steps of 32 ns on an H200.
RK_DEVICE inline std::uint64_t clock_ns() {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  return now;
}

/// Nothing at first, for the lowest latency; short sleeps after that, for power.
RK_DEVICE inline void pause(unsigned attempt) {
  if (attempt > 1024) __nanosleep(200);
}

RK_DEVICE inline void sleep_ns(unsigned ns) {
  if (ns != 0) __nanosleep(ns);
}

/// Polls that a wait makes in a tight loop, before it looks at clocks and requests.
inline constexpr unsigned quick_polls = 64;

RK_DEVICE inline unsigned processor_index() {
  unsigned sm;
  asm("mov.u32 %0, %%smid;" : "=r"(sm));
  return sm;
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
