#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

#include <rk/abi/barrier.hpp>
#include <rk/abi/command.hpp>
#include <rk/abi/index3.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/host/portable_kernel.hpp>

/// Kernels that do nothing but meet, each with its duration in `ns`.
namespace actors {

struct run {
  std::uint64_t rounds;
  std::uint64_t* ns;  ///< from the first round's end to the last's, by actor 0
};

inline constinit rk::portable_kernel<run> meet_grid{"meet_grid"};
/// Rounds are steps: a safe point each, with a grid barrier or without.
inline constinit rk::portable_kernel<run> step_together{"step_together"};
inline constinit rk::portable_kernel<run> step_alone{"step_alone"};
inline constinit rk::portable_kernel<run, rk::barrier_set> meet_named{"meet_named"};
inline constinit rk::portable_kernel<run, rk::barrier_set> meet_near{"meet_near"};
inline constinit rk::portable_kernel<run, rk::neighbor_set> meet_neighbors{"meet_neighbors"};
/// Pairs of actors (0 and 1, 2 and 3, ...) send each other one message in turns, `rounds` times.
/// `is_relaxed`: the messages order nothing else.
inline constinit rk::portable_kernel<run, rk::mailbox_set<std::uint64_t>, bool> ping_pong{
    "ping_pong"};
/// Even actors send to the odd one behind them as fast as it takes.
inline constinit rk::portable_kernel<run, rk::mailbox_set<std::uint64_t>> stream_to{"stream_to"};
/// Does nothing but wait for host signals.
inline constinit rk::portable_kernel<> idle{"idle"};
/// Answers commands; every answer is a release.
inline constinit rk::portable_kernel<rk::command_queue<std::uint64_t>> answer_released{"answer"};

/// What others do, in a few lines each. All return the first CUDA error.
/// cooperative_groups: grid.sync(). Rounds as above.
cudaError_t meet_cooperative(std::uint32_t blocks, std::uint32_t threads, run r, cudaStream_t on);
/// A barrier of a dozen lines: one counter, which is zero at first.
cudaError_t meet_counted(std::uint32_t blocks, std::uint32_t threads, std::uint64_t* counter, run r,
                         cudaStream_t on);
/// MSCCL++'s barrier: three counters, zero at first, 16 words apart.
cudaError_t meet_rotated(std::uint32_t blocks, std::uint32_t threads, std::uint64_t* counters,
                         run r, cudaStream_t on);
/// MPK's events between six neighbours on a torus with at least three blocks along each axis: a
/// counter a block, zero at first, 16 words apart.
cudaError_t meet_counted_by_neighbors(rk::extent3 torus, std::uint32_t threads,
                                      std::uint64_t* counters, run r, cudaStream_t on);
/// Pairs of blocks of one thread each that send each other packets of 16 bytes, 8 of them data, in
/// `packets` (16 packets a block, zero at first).
cudaError_t packet_ping_pong(std::uint32_t pairs, void* packets, run r, cudaStream_t on);
/// Pairs of blocks of one thread each, with a flag in device memory for each direction (32 words
/// apart); stores are releases and loads acquires, or all are relaxed.
cudaError_t bare_ping_pong(std::uint32_t pairs, std::uint64_t* flags, run r, bool is_relaxed,
                           cudaStream_t on);
/// One thread polls host memory and writes back what it saw, `rounds` times or for five seconds.
cudaError_t bare_echo(const std::uint64_t* bell, std::uint64_t* answer, std::uint64_t rounds,
                      cudaStream_t on);
cudaError_t empty_kernel(cudaStream_t on);

}  // namespace actors
