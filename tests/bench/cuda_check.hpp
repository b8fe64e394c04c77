#pragma once

#include <string>

#include <cuda_runtime_api.h>

#include <rk/error.hpp>

namespace rk::bench {

inline void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  throw cuda_error(std::string(what) + ": " + cudaGetErrorString(result));
}

/// A stream that waits for no other.
class stream {
 public:
  stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "stream"); }
  ~stream() { cudaStreamDestroy(stream_); }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  [[nodiscard]] cudaStream_t get() const noexcept { return stream_; }
  void wait() const { check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

 private:
  cudaStream_t stream_ = nullptr;
};

/// Host memory that kernels reach, zeroed; `count` elements.
template <class T>
class pinned {
 public:
  explicit pinned(std::size_t count) {
    void* data = nullptr;
    check(cudaHostAlloc(&data, count * sizeof(T), cudaHostAllocMapped), "cudaHostAlloc");
    data_ = static_cast<T*>(data);
    for (std::size_t i = 0; i < count; ++i) data_[i] = T{};
  }
  ~pinned() { cudaFreeHost(data_); }
  pinned(const pinned&) = delete;
  pinned& operator=(const pinned&) = delete;
  [[nodiscard]] T* get() const noexcept { return data_; }

 private:
  T* data_ = nullptr;
};

}  // namespace rk::bench
