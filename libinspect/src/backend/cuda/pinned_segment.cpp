#include "backend/cuda/pinned_segment.hpp"

#include <cuda_runtime_api.h>

#include <rk/error.hpp>

#include "backend/cuda/check.hpp"

namespace rk::backend::cuda {

pinned_segment::pinned_segment(std::uint64_t bytes) : memory_segment(bytes, false) {
  RK_CUDA_CHECK(
      cudaHostRegister(device_address(), bytes, cudaHostRegisterMapped | cudaHostRegisterPortable));
  void* on_device = nullptr;
  const cudaError_t known = cudaHostGetDevicePointer(&on_device, device_address(), 0);
  if (known == cudaSuccess && on_device == device_address()) return;
  cudaHostUnregister(device_address());
  check(known, "cudaHostGetDevicePointer");
  throw error(
      "this GPU knows host memory by other addresses than the host does: signals and "
      "commands need a system with unified addressing");
}

pinned_segment::~pinned_segment() {
  cudaHostUnregister(device_address());
}

}  // namespace rk::backend::cuda
