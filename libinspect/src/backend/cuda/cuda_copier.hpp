#pragma once

#include <array>

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

/// A mark in a stream that can be waited for.
class event {
 public:
  event();
  ~event();
  event(const event&) = delete;
  event& operator=(const event&) = delete;
  [[nodiscard]] cudaEvent_t get() const noexcept { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Copies through the copy engine, so no kernel is launched and the running one is not disturbed.
class cuda_copier final : public copier {
 public:
  cuda_copier(int device, std::size_t piece_bytes);

  void read(std::byte* to, const std::byte* from, std::size_t bytes) override;
  void drain(const std::byte* from, std::uint64_t bytes, const taker& take) override;
  void write(std::byte* to, const std::byte* from, std::size_t bytes) override;
  void write_word(std::uint64_t* to, std::uint64_t value) override;
  /// Fills `bytes` at `to` with zeros.
  void clear(std::byte* to, std::size_t bytes);

 private:
  /// Two pinned buffers take turns: while one is emptied or filled, the other's copy runs.
  struct turn {
    explicit turn(std::size_t bytes) : staging(bytes) {}
    pinned_buffer staging;
    event copied;
  };
  [[nodiscard]] const turn& turn_at(std::uint64_t offset) const {
    return turns_[offset / piece_bytes_ % turns_.size()];
  }
  void start_copy(const std::byte* from, std::uint64_t bytes, std::uint64_t at);

  int device_;
  std::size_t piece_bytes_;
  std::array<turn, 2> turns_;
  stream stream_;
};

}  // namespace rk::backend::cuda
