#pragma once

#include <string>

namespace rk::backend::cuda {

/// Streams beyond the GPU's work queues share them. What stands behind a kernel that does not end
/// in the same queue waits for ever, a copy to look at that kernel too.

/// Asks for all queues that there are, unless the user has named a number
/// (CUDA_DEVICE_MAX_CONNECTIONS). Of use only before the process's first call of CUDA.
void ask_for_all_queues();

/// A kernel's claim to a queue, from its launch to its end. Thread-safe.
class queue_claim {
 public:
  /// Throws `rk::invalid_argument` if so many kernels run that copies might wait for them.
  explicit queue_claim(const std::string& kernel);
  ~queue_claim();
  queue_claim(const queue_claim&) = delete;
  queue_claim& operator=(const queue_claim&) = delete;
};

}  // namespace rk::backend::cuda
