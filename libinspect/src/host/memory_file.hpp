#pragma once

#include <cstddef>
#include <cstdint>

#include <rk/protocol/file_descriptor.hpp>

namespace rk::host {

using protocol::file_descriptor;

/// Memory without a name that can be handed to other processes: a memfd, mapped shared and zeroed.
class memory_file {
 public:
  /// `label` shows in /proc/PID/maps. Sealed against resizing. Throws `rk::system_error`.
  memory_file(const char* label, std::uint64_t bytes);
  ~memory_file();
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  /// Another descriptor of the same memory.
  [[nodiscard]] file_descriptor duplicate() const;
  /// One through which it cannot be written.
  [[nodiscard]] file_descriptor read_only_duplicate() const;

 private:
  file_descriptor file_;
  std::byte* data_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace rk::host
