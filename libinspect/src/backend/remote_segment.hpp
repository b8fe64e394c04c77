#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace rk::backend {

/// Memory of another process, mapped to be read only.
class remote_segment {
 public:
  virtual ~remote_segment() = default;
  remote_segment(const remote_segment&) = delete;
  remote_segment& operator=(const remote_segment&) = delete;

  [[nodiscard]] virtual std::uint64_t bytes() const noexcept = 0;
  /// The range lies within the segment.
  virtual void read(std::uint64_t offset, std::span<std::byte> to) = 0;

 protected:
  remote_segment() = default;
};

/// A memfd. Throws `rk::system_error`, `rk::incompatible` if it is smaller than `bytes`.
[[nodiscard]] std::unique_ptr<remote_segment> map_host_segment(int descriptor, std::uint64_t bytes);
/// Memory of the GPU with this UUID. Throws `rk::cuda_error`, `rk::not_found` if it is not here.
[[nodiscard]] std::unique_ptr<remote_segment> map_cuda_segment(int descriptor, std::uint64_t bytes,
                                                               const std::string& gpu_uuid);

}  // namespace rk::backend
