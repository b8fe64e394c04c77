#pragma once

#include "backend/memory_segment.hpp"

namespace rk::backend::cuda {

/// Host memory that the GPU reads and writes too: a memfd, registered with CUDA. It outlives the
/// process as other segments do.
class pinned_segment final : public memory_segment {
 public:
  /// Throws `rk::system_error`, `rk::cuda_error`, `rk::error` where the GPU would know the memory
  /// by another address.
  explicit pinned_segment(std::uint64_t bytes);
  ~pinned_segment() override;
};

}  // namespace rk::backend::cuda
