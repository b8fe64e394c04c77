#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

namespace rk::backend::cuda {

/// Starts a kernel of one thread that writes %globaltimer to `out`.
cudaError_t read_device_clock(std::uint64_t* out, cudaStream_t stream);

}  // namespace rk::backend::cuda
