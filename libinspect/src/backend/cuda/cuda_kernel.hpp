#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "backend/cuda/cuda_copier.hpp"
#include "backend/cuda/hardware_queues.hpp"
#include "backend/device.hpp"

namespace rk::backend::cuda {

/// A kernel on a stream of its own or of the caller's. Its end is learnt from an event behind it: a
/// host function for the good end, the event's status for a fault, after which CUDA calls no host
/// function any more.
class cuda_kernel final : public running_kernel {
 public:
  cuda_kernel(int device, const launch_request& request);

  [[nodiscard]] status poll() override;
  [[nodiscard]] bool wait(std::chrono::nanoseconds limit) override;

 private:
  /// Shared with the host function, which may run after this object is gone.
  struct ending {
    std::mutex mutex;
    std::condition_variable ended;
    bool done = false;
    std::optional<queue_claim> queue;
  };

  int device_;
  stream stream_;
  event end_;
  std::shared_ptr<ending> ending_ = std::make_shared<ending>();
};

}  // namespace rk::backend::cuda
