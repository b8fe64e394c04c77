#pragma once

#include <string>

namespace rk::backend::cuda {

/// A kernel's claim to one of a GPU's work queues, from its launch to its end. Thread-safe.
///
/// Busy streams beyond the queues share them. What stands behind a kernel that does not end in the
/// same queue waits for ever, a copy to look at that kernel too. A process has 8 unless
/// CUDA_DEVICE_MAX_CONNECTIONS said otherwise when it first called CUDA; the variable is the user's
/// to set. Kernels that the program launches itself are not counted.
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
