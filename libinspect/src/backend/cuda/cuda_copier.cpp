#include "backend/cuda/cuda_copier.hpp"

#include <algorithm>
#include <cstring>

#include "backend/cuda/check.hpp"

namespace rk::backend::cuda {

pinned_buffer::pinned_buffer(std::size_t bytes) : bytes_(bytes) {
  void* data = nullptr;
  RK_CUDA_CHECK(cudaHostAlloc(&data, bytes, cudaHostAllocDefault));
  data_ = static_cast<std::byte*>(data);
}

pinned_buffer::~pinned_buffer() {
  cudaFreeHost(data_);
}

stream::stream() {
  RK_CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
}

stream::~stream() {
  cudaStreamDestroy(stream_);
}

cuda_copier::cuda_copier(int device) : device_(device), staging_(staging_bytes) {}

void cuda_copier::read(std::byte* to, const std::byte* from, std::size_t bytes) {
  RK_CUDA_CHECK(cudaSetDevice(device_));
  while (bytes != 0) {
    const std::size_t part = std::min(bytes, staging_bytes);
    RK_CUDA_CHECK(
        cudaMemcpyAsync(staging_.data(), from, part, cudaMemcpyDeviceToHost, stream_.get()));
    RK_CUDA_CHECK(cudaStreamSynchronize(stream_.get()));
    std::memcpy(to, staging_.data(), part);
    to += part;
    from += part;
    bytes -= part;
  }
}

void cuda_copier::write_word(std::uint64_t* to, std::uint64_t value) {
  RK_CUDA_CHECK(cudaSetDevice(device_));
  std::memcpy(staging_.data(), &value, sizeof value);
  RK_CUDA_CHECK(
      cudaMemcpyAsync(to, staging_.data(), sizeof value, cudaMemcpyHostToDevice, stream_.get()));
  RK_CUDA_CHECK(cudaStreamSynchronize(stream_.get()));
}

void cuda_copier::clear(std::byte* to, std::size_t bytes) {
  // Not a memset: that is a kernel, and there may be no room for one beside a persistent kernel.
  RK_CUDA_CHECK(cudaSetDevice(device_));
  std::memset(staging_.data(), 0, std::min(bytes, staging_bytes));
  for (std::size_t at = 0; at < bytes; at += staging_bytes) {
    const std::size_t part = std::min(bytes - at, staging_bytes);
    RK_CUDA_CHECK(
        cudaMemcpyAsync(to + at, staging_.data(), part, cudaMemcpyHostToDevice, stream_.get()));
  }
  RK_CUDA_CHECK(cudaStreamSynchronize(stream_.get()));
}

}  // namespace rk::backend::cuda
