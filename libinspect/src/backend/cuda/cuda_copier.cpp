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

event::event() {
  RK_CUDA_CHECK(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming));
}

event::~event() {
  cudaEventDestroy(event_);
}

cuda_copier::cuda_copier(int device, std::size_t piece_bytes)
    : device_(device), piece_bytes_(piece_bytes), turns_{turn(piece_bytes), turn(piece_bytes)} {}

void cuda_copier::read(std::byte* to, const std::byte* from, std::size_t bytes) {
  drain(from, bytes, [&to](std::span<const std::byte> piece) {
    std::memcpy(to, piece.data(), piece.size());
    to += piece.size();
  });
}

void cuda_copier::drain(const std::byte* from, std::uint64_t bytes, const taker& take) {
  RK_CUDA_CHECK(cudaSetDevice(device_));
  try {
    if (bytes != 0) start_copy(from, bytes, 0);
    for (std::uint64_t at = 0; at < bytes; at += piece_bytes_) {
      const turn& t = turn_at(at);
      const bool is_last = bytes - at <= piece_bytes_;
      if (!is_last) start_copy(from, bytes, at + piece_bytes_);
      // The last one's end is the stream's, which costs less to wait for than an event.
      RK_CUDA_CHECK(is_last ? cudaStreamSynchronize(stream_.get())
                            : cudaEventSynchronize(t.copied.get()));
      take({t.staging.data(), static_cast<std::size_t>(is_last ? bytes - at : piece_bytes_)});
    }
  } catch (...) {
    // No copy may still be on its way into a buffer that is used again.
    cudaStreamSynchronize(stream_.get());
    throw;
  }
}

void cuda_copier::start_copy(const std::byte* from, std::uint64_t bytes, std::uint64_t at) {
  const turn& t = turn_at(at);
  const bool is_last = bytes - at <= piece_bytes_;
  RK_CUDA_CHECK(cudaMemcpyAsync(t.staging.data(), from + at, is_last ? bytes - at : piece_bytes_,
                                cudaMemcpyDefault, stream_.get()));
  if (!is_last) RK_CUDA_CHECK(cudaEventRecord(t.copied.get(), stream_.get()));
}

void cuda_copier::write(std::byte* to, const std::byte* from, std::size_t bytes) {
  RK_CUDA_CHECK(cudaSetDevice(device_));
  for (std::size_t at = 0; at < bytes; at += piece_bytes_) {
    const turn& t = turn_at(at);
    // The copy that used this buffer before, two turns ago.
    RK_CUDA_CHECK(cudaEventSynchronize(t.copied.get()));
    const std::size_t part = std::min(bytes - at, piece_bytes_);
    std::memcpy(t.staging.data(), from + at, part);
    RK_CUDA_CHECK(
        cudaMemcpyAsync(to + at, t.staging.data(), part, cudaMemcpyDefault, stream_.get()));
    RK_CUDA_CHECK(cudaEventRecord(t.copied.get(), stream_.get()));
  }
  RK_CUDA_CHECK(cudaStreamSynchronize(stream_.get()));
}

void cuda_copier::write_word(std::uint64_t* to, std::uint64_t value) {
  write(reinterpret_cast<std::byte*>(to), reinterpret_cast<const std::byte*>(&value), sizeof value);
}

void cuda_copier::clear(std::byte* to, std::size_t bytes) {
  // Not a memset: that is a kernel, and there may be no room for one beside a persistent kernel.
  RK_CUDA_CHECK(cudaSetDevice(device_));
  const pinned_buffer& staging = turns_[0].staging;
  std::memset(staging.data(), 0, std::min(bytes, piece_bytes_));
  for (std::size_t at = 0; at < bytes; at += piece_bytes_) {
    const std::size_t part = std::min(bytes - at, piece_bytes_);
    RK_CUDA_CHECK(
        cudaMemcpyAsync(to + at, staging.data(), part, cudaMemcpyHostToDevice, stream_.get()));
  }
  RK_CUDA_CHECK(cudaStreamSynchronize(stream_.get()));
}

}  // namespace rk::backend::cuda
