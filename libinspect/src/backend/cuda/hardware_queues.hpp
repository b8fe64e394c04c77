#pragma once

#include <string>

namespace rk::backend::cuda {

/// Busy streams beyond the GPU's work queues share them. What stands behind a kernel that does not
/// end in the same queue waits for ever, a copy to look at that kernel too. There are 8 for a
/// process unless CUDA_DEVICE_MAX_CONNECTIONS says otherwise when it first calls CUDA; the variable
/// is the user's to set, as each queue makes a process's start longer.

/// A kernel's claim to a queue, from its launch to its end. Thread-safe.
class queue_claim {
 public:
  /// Throws `rk::invalid_argument` if so many kernels run that copies might wait for them.
  queue_claim(const std::string& kernel, int device);
  ~queue_claim();
  queue_claim(const queue_claim&) = delete;
  queue_claim& operator=(const queue_claim&) = delete;

 private:
  int device_;
};

}  // namespace rk::backend::cuda
