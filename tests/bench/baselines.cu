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

/// One counter that all add to and poll, written out.
__global__ __launch_bounds__(128, 8) void counted(std::uint64_t* counter, actors::run r) {
  const std::uint64_t start = now_ns();
  std::uint64_t begin = 0;
  std::uint64_t wanted = 0;
  for (std::uint64_t i = 0; i <= r.rounds; ++i) {
    if (i == 1) begin = now_ns();
    __syncthreads();
    if (threadIdx.x == 0) {
      wanted += gridDim.x;
      std::uint64_t seen;
      asm volatile("atom.acq_rel.gpu.global.add.u64 %0, [%1], 1;"
                   : "=l"(seen)
                   : "l"(counter)
                   : "memory");
      ++seen;
      for (unsigned polls = 1; seen < wanted; ++polls) {
        asm volatile("ld.acquire.gpu.global.u64 %0, [%1];" : "=l"(seen) : "l"(counter) : "memory");
        if (polls % 1024 == 0 && now_ns() - start > limit_ns) break;
      }
    }
    __syncthreads();
  }
  if (threadIdx.x == 0 && blockIdx.x == 0) *r.ns = now_ns() - begin;
}

__global__ void echo(const std::uint64_t* bell, std::uint64_t* answer, std::uint64_t rounds) {
  const std::uint64_t begin = now_ns();
  for (std::uint64_t n = 1; n <= rounds; ++n) {
    for (unsigned i = 1; load(bell) < n; ++i) {
      if (i % 1024 == 0 && now_ns() - begin > limit_ns) return;
    }
    store(answer, n);
  }
}

template <bool IsRelaxed>
__device__ void set_flag(std::uint64_t* to, std::uint64_t value) {
  if (IsRelaxed) {
    asm volatile("st.relaxed.gpu.u64 [%0], %1;" ::"l"(to), "l"(value) : "memory");
  } else {
    asm volatile("st.release.gpu.u64 [%0], %1;" ::"l"(to), "l"(value) : "memory");
  }
}

template <bool IsRelaxed>
__device__ bool await_flag(const std::uint64_t* from, std::uint64_t wanted, std::uint64_t begin) {
  for (unsigned i = 1;; ++i) {
    std::uint64_t value;
    if (IsRelaxed) {
      asm volatile("ld.relaxed.gpu.u64 %0, [%1];" : "=l"(value) : "l"(from) : "memory");
    } else {
      asm volatile("ld.acquire.gpu.u64 %0, [%1];" : "=l"(value) : "l"(from) : "memory");
    }
    if (value == wanted) return true;
    if (i % 1024 == 0 && now_ns() - begin > limit_ns) return false;
  }
}

template <bool IsRelaxed>
__global__ void flags_in_turns(std::uint64_t* flags, actors::run r) {
  constexpr unsigned words_apart = 32;
  std::uint64_t* mine = flags + blockIdx.x * words_apart;
  const std::uint64_t* other = flags + (blockIdx.x ^ 1u) * words_apart;
  const std::uint64_t begin = now_ns();
  for (std::uint64_t i = 1; i <= r.rounds; ++i) {
    if (blockIdx.x % 2 == 0) set_flag<IsRelaxed>(mine, i);
    if (!await_flag<IsRelaxed>(other, i, begin)) return;
    if (blockIdx.x % 2 != 0) set_flag<IsRelaxed>(mine, i);
  }
  if (blockIdx.x == 0) *r.ns = now_ns() - begin;
}

__global__ void nothing() {}

}  // namespace

namespace actors {

cudaError_t meet_cooperative(std::uint32_t blocks, std::uint32_t threads, run r, cudaStream_t on) {
  void* arguments[] = {&r};
  return cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(cooperative), dim3(blocks),
                                     dim3(threads), arguments, 0, on);
}

cudaError_t meet_counted(std::uint32_t blocks, std::uint32_t threads, std::uint64_t* counter, run r,
                         cudaStream_t on) {
  void* arguments[] = {&counter, &r};
  return cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(counted), dim3(blocks),
                                     dim3(threads), arguments, 0, on);
}

cudaError_t bare_echo(const std::uint64_t* bell, std::uint64_t* answer, std::uint64_t rounds,
                      cudaStream_t on) {
  echo<<<1, 1, 0, on>>>(bell, answer, rounds);
  return cudaGetLastError();
}

cudaError_t bare_ping_pong(std::uint32_t pairs, std::uint64_t* flags, run r, bool is_relaxed,
                           cudaStream_t on) {
  if (is_relaxed) {
    flags_in_turns<true><<<2 * pairs, 1, 0, on>>>(flags, r);
  } else {
    flags_in_turns<false><<<2 * pairs, 1, 0, on>>>(flags, r);
  }
  return cudaGetLastError();
}

cudaError_t empty_kernel(cudaStream_t on) {
  nothing<<<1, 1, 0, on>>>();
  return cudaGetLastError();
}

}  // namespace actors
