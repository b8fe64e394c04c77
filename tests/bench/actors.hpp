#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

#include <rk/abi/barrier.hpp>
#include <rk/abi/command.hpp>
#include <rk/host/portable_kernel.hpp>

/// Kernels that do nothing but meet, each with its duration in `ns`.
namespace actors {

struct run {
  std::uint64_t rounds;
  std::uint64_t* ns;  ///< from the first round's end to the last's, by actor 0
};

inline constinit rk::portable_kernel<run> meet_grid{"meet_grid"};
inline constinit rk::portable_kernel<run, rk::barrier_set> meet_named{"meet_named"};
inline constinit rk::portable_kernel<run, rk::barrier_set> meet_near{"meet_near"};
inline constinit rk::portable_kernel<run, rk::neighbor_set> meet_neighbors{"meet_neighbors"};
/// Does nothing but wait for host signals.
inline constinit rk::portable_kernel<> idle{"idle"};
/// Answers commands; every answer is a release.
inline constinit rk::portable_kernel<rk::command_queue<std::uint64_t>> answer_released{"answer"};

/// What others do, in a few lines each. All return the first CUDA error.
/// cooperative_groups: grid.sync(). Rounds as above.
cudaError_t meet_cooperative(std::uint32_t blocks, std::uint32_t threads, run r, cudaStream_t on);
/// One thread polls host memory and writes back what it saw, `rounds` times or for five seconds.
cudaError_t bare_echo(const std::uint64_t* bell, std::uint64_t* answer, std::uint64_t rounds,
                      cudaStream_t on);
cudaError_t empty_kernel(cudaStream_t on);

}  // namespace actors
