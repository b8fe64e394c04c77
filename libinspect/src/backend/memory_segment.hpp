#pragma once

#include "backend/device.hpp"
#include "host/memory_file.hpp"

namespace rk::backend {

/// Host memory as a segment: a memfd.
class memory_segment : public segment {
 public:
  memory_segment(std::uint64_t bytes, bool writable)
      : file_("rk-segment", bytes),
        shared_(writable ? file_.duplicate() : file_.read_only_duplicate()) {}

  [[nodiscard]] std::byte* device_address() const noexcept override { return file_.data(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept override { return file_.bytes(); }
  [[nodiscard]] int shared_descriptor() const noexcept override { return shared_.get(); }

 private:
  host::memory_file file_;
  host::file_descriptor shared_;
};

}  // namespace rk::backend
