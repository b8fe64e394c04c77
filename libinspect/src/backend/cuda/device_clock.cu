#include <rk/device/execution.cuh>

#include "backend/cuda/device_clock.hpp"

namespace rk::backend::cuda {
namespace {

__global__ void write_clock(std::uint64_t* out) {
  *out = clock_ns();
}

}  // namespace

cudaError_t read_device_clock(std::uint64_t* out, cudaStream_t stream) {
  write_clock<<<1, 1, 0, stream>>>(out);
  return cudaGetLastError();
}

}  // namespace rk::backend::cuda
