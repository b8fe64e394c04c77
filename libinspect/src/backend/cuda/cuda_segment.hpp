#pragma once

#include <cuda.h>

#include <rk/protocol/file_descriptor.hpp>

#include "backend/device.hpp"

namespace rk::backend::cuda {

/// GPU memory that another process can import: cuMemCreate with a POSIX file descriptor.
///
/// The descriptor gives no rights by itself; an importer chooses read-only when it maps, and the
/// driver then refuses its writes.
class cuda_segment final : public segment {
 public:
  /// At least `bytes`, rounded up to the device's granularity (2 MiB). Its content is not yet
  /// defined.
  cuda_segment(int device, std::uint64_t bytes);
  ~cuda_segment() override;

  [[nodiscard]] std::byte* device_address() const noexcept override {
    return reinterpret_cast<std::byte*>(address_);  // NOLINT(performance-no-int-to-ptr)
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept override { return bytes_; }
  [[nodiscard]] int shared_descriptor() const noexcept override { return shared_.get(); }

 private:
  CUmemGenericAllocationHandle handle_ = 0;
  CUdeviceptr address_ = 0;
  std::uint64_t bytes_ = 0;
  protocol::file_descriptor shared_;
};

}  // namespace rk::backend::cuda
