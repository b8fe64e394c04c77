#pragma once

#include <cuda_runtime_api.h>

#include "backend/device.hpp"

namespace rk::backend::cuda {

/// Pinned host memory. Move-free: made once, freed with its owner.
class pinned_buffer {
 public:
  explicit pinned_buffer(std::size_t bytes);
  ~pinned_buffer();
  pinned_buffer(const pinned_buffer&) = delete;
  pinned_buffer& operator=(const pinned_buffer&) = delete;
  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_;
};

/// A stream that waits for no other, the default stream included.
class stream {
 public:
  stream();
  ~stream();
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  [[nodiscard]] cudaStream_t get() const noexcept { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

/// Copies through the copy engine, so no kernel is launched and the running one is not disturbed.
class cuda_copier final : public copier {
 public:
  /// As much as one read request may ask for.
  static constexpr std::size_t staging_bytes = 4u << 20;

  explicit cuda_copier(int device);

  void read(std::byte* to, const std::byte* from, std::size_t bytes) override;
  void write_word(std::uint64_t* to, std::uint64_t value) override;
  /// Fills `bytes` at `to` with zeros.
  void clear(std::byte* to, std::size_t bytes);

 private:
  int device_;
  pinned_buffer staging_;
  stream stream_;
};

}  // namespace rk::backend::cuda
