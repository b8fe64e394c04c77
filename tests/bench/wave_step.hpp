#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

#include "wave/wave.hpp"

namespace actors {

/// A step of rk-wave as two ordinary kernels, one behind the other.
cudaError_t launch_wave_step(std::uint32_t blocks, std::uint32_t threads,
                             const wave::parameters& params, const wave::fields& f,
                             cudaStream_t on);
/// The same as one kernel with a cooperative barrier between its halves.
cudaError_t launch_wave_step_cooperative(std::uint32_t blocks, std::uint32_t threads,
                                         const wave::parameters& params, const wave::fields& f,
                                         cudaStream_t on);

}  // namespace actors
