// What rk-inspect's primitives are compared with.
#include <cooperative_groups.h>

#include "bench/actors.hpp"

namespace {

__device__ std::uint64_t now_ns() {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  return now;
}

__device__ std::uint64_t load(const std::uint64_t* from) {
  std::uint64_t value;
  asm volatile("ld.relaxed.sys.u64 %0, [%1];" : "=l"(value) : "l"(from) : "memory");
  return value;
}

__device__ void store(std::uint64_t* to, std::uint64_t value) {
  asm volatile("st.relaxed.sys.u64 [%0], %1;" ::"l"(to), "l"(value) : "memory");
}

__global__ __launch_bounds__(256) void cooperative(actors::run r) {
  const auto grid = cooperative_groups::this_grid();
  grid.sync();
  const std::uint64_t begin = now_ns();
  for (std::uint64_t i = 0; i < r.rounds; ++i) grid.sync();
  if (grid.thread_rank() == 0) *r.ns = now_ns() - begin;
}

constexpr std::uint64_t limit_ns = 5'000'000'000;

__global__ void echo(const std::uint64_t* bell, std::uint64_t* answer, std::uint64_t rounds) {
  const std::uint64_t begin = now_ns();
  for (std::uint64_t n = 1; n <= rounds; ++n) {
    for (unsigned i = 1; load(bell) < n; ++i) {
      if (i % 1024 == 0 && now_ns() - begin > limit_ns) return;
    }
    store(answer, n);
  }
}

__global__ void nothing() {}

}  // namespace

namespace actors {

cudaError_t meet_cooperative(std::uint32_t blocks, std::uint32_t threads, run r, cudaStream_t on) {
  void* arguments[] = {&r};
  return cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(cooperative), dim3(blocks),
                                     dim3(threads), arguments, 0, on);
}

cudaError_t bare_echo(const std::uint64_t* bell, std::uint64_t* answer, std::uint64_t rounds,
                      cudaStream_t on) {
  echo<<<1, 1, 0, on>>>(bell, answer, rounds);
  return cudaGetLastError();
}

cudaError_t empty_kernel(cudaStream_t on) {
  nothing<<<1, 1, 0, on>>>();
  return cudaGetLastError();
}

}  // namespace actors
