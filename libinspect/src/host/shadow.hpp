#pragma once

#include <cstdint>
#include <vector>

#include <rk/abi/kernel_control.hpp>
#include <rk/protocol/message.hpp>

#include "host/registry.hpp"

namespace rk::host {

/// A run of a symbol's bytes, and where it lies in device memory.
struct placed_range {
  protocol::read_range range;
  std::byte* at = nullptr;
  friend bool operator==(const placed_range&, const placed_range&) = default;

  /// In which actors say what has changed; the last one may be shorter.
  [[nodiscard]] std::uint64_t pages() const noexcept {
    return (range.bytes + abi::page_bytes - 1) / abi::page_bytes;
  }
};

/// Device memory that cuts are copied to and that new values come from. It grows while no kernel
/// runs and never shrinks, since to free device memory can wait for a running kernel.
class shadow {
 public:
  explicit shadow(registry& symbols) : symbols_(symbols) {}

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  void reserve(std::uint64_t bytes);
  /// Room that `bytes` at `address` take here at most.
  [[nodiscard]] static std::uint64_t room_for(std::uint64_t bytes) noexcept;

  /// Places for the ranges, aligned as their symbols are, a range split where an extent ends.
  /// Throws `rk::invalid_argument` with both figures if they do not fit.
  [[nodiscard]] std::vector<placed_range> place(
      const std::vector<protocol::read_range>& ranges) const;

 private:
  struct extent {
    std::byte* address;
    std::uint64_t bytes;
  };

  registry& symbols_;
  std::vector<extent> extents_;
  std::uint64_t bytes_ = 0;
};

}  // namespace rk::host
