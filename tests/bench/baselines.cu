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

/// Three counters in turn, as in MSCCL++'s DeviceSyncer: added to without waiting for an answer,
/// polled, and the next one set back to zero by everybody meanwhile.
__global__ __launch_bounds__(128, 8) void rotated(std::uint64_t* counters, actors::run r) {
  constexpr unsigned words_apart = 16;
  const std::uint64_t start = now_ns();
  std::uint64_t begin = 0;
  for (std::uint64_t i = 0; i <= r.rounds; ++i) {
    if (i == 1) begin = now_ns();
    __syncthreads();
    if (threadIdx.x == 0) {
      std::uint64_t* now = counters + i % 3 * words_apart;
      std::uint64_t* next = counters + (i + 1) % 3 * words_apart;
      asm volatile("st.relaxed.gpu.global.u64 [%0], 0;" ::"l"(next) : "memory");
      asm volatile("red.release.gpu.global.add.u64 [%0], 1;" ::"l"(now) : "memory");
      std::uint64_t seen = 0;
      for (unsigned polls = 1; seen != gridDim.x; ++polls) {
        asm volatile("ld.acquire.gpu.global.u64 %0, [%1];" : "=l"(seen) : "l"(now) : "memory");
        if (polls % 1024 == 0 && now_ns() - start > limit_ns) break;
      }
    }
    __syncthreads();
  }
  if (threadIdx.x == 0 && blockIdx.x == 0) *r.ns = now_ns() - begin;
}

/// The block that lies so many further along one axis of a torus.
__device__ unsigned beside(unsigned block, unsigned stride, unsigned extent, unsigned steps) {
  const unsigned at = block / stride % extent;
  return block + (at + steps) % extent * stride - at * stride;
}

/// A counter for each block, to which its neighbours add, as tasks of Mirage's MPK count the events
/// on which others wait.
__global__ __launch_bounds__(128, 8) void counted_by_neighbors(std::uint64_t* counters, unsigned x,
                                                               unsigned y, unsigned z,
                                                               actors::run r) {
  constexpr unsigned words_apart = 16;
  const unsigned block = blockIdx.x;
  const unsigned neighbors[6] = {beside(block, 1, x, 1),     beside(block, 1, x, x - 1),
                                 beside(block, x, y, 1),     beside(block, x, y, y - 1),
                                 beside(block, x * y, z, 1), beside(block, x * y, z, z - 1)};
  const std::uint64_t start = now_ns();
  std::uint64_t begin = 0;
  for (std::uint64_t i = 0; i <= r.rounds; ++i) {
    if (i == 1) begin = now_ns();
    __syncthreads();
    if (threadIdx.x < 6) {
      asm volatile("red.release.gpu.global.add.u64 [%0], 1;" ::"l"(
                       counters + neighbors[threadIdx.x] * words_apart)
                   : "memory");
    }
    if (threadIdx.x == 0) {
      std::uint64_t seen = 0;
      for (unsigned polls = 1; seen < 6 * (i + 1); ++polls) {
        asm volatile("ld.acquire.gpu.global.u64 %0, [%1];"
                     : "=l"(seen)
                     : "l"(counters + block * words_apart)
                     : "memory");
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

/// Eight bytes in a packet of 16, each half with its flag, as NCCL's and MSCCL++'s low-latency
/// protocols send them.
__global__ void packets_in_turns(uint4* packets, actors::run r) {
  constexpr unsigned packets_apart = 16;
  uint4* mine = packets + blockIdx.x * packets_apart;
  const uint4* other = packets + (blockIdx.x ^ 1u) * packets_apart;
  const std::uint64_t begin = now_ns();
  const auto send = [mine](unsigned flag, unsigned data) {
    asm volatile("st.volatile.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(mine), "r"(data),
                 "r"(flag), "r"(~data), "r"(flag)
                 : "memory");
  };
  unsigned data = 7;
  for (unsigned i = 1; i <= r.rounds; ++i) {
    if (blockIdx.x % 2 == 0) send(i, data);
    uint4 seen{};
    for (unsigned polls = 1; seen.y != i || seen.w != i; ++polls) {
      asm volatile("ld.volatile.global.v4.u32 {%0, %1, %2, %3}, [%4];"
                   : "=r"(seen.x), "=r"(seen.y), "=r"(seen.z), "=r"(seen.w)
                   : "l"(other)
                   : "memory");
      if (polls % 1024 == 0 && now_ns() - begin > limit_ns) return;
    }
    data = seen.x + 1;
    if (blockIdx.x % 2 != 0) send(i, data);
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

cudaError_t meet_rotated(std::uint32_t blocks, std::uint32_t threads, std::uint64_t* counters,
                         run r, cudaStream_t on) {
  void* arguments[] = {&counters, &r};
  return cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(rotated), dim3(blocks),
                                     dim3(threads), arguments, 0, on);
}

cudaError_t meet_counted_by_neighbors(rk::extent3 torus, std::uint32_t threads,
                                      std::uint64_t* counters, run r, cudaStream_t on) {
  void* arguments[] = {&counters, &torus.x, &torus.y, &torus.z, &r};
  return cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(counted_by_neighbors),
                                     dim3(torus.x * torus.y * torus.z), dim3(threads), arguments, 0,
                                     on);
}

cudaError_t packet_ping_pong(std::uint32_t pairs, void* packets, run r, cudaStream_t on) {
  packets_in_turns<<<2 * pairs, 1, 0, on>>>(static_cast<uint4*>(packets), r);
  return cudaGetLastError();
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
