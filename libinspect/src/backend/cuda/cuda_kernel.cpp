#include "backend/cuda/cuda_kernel.hpp"

#include <rk/error.hpp>

#include "backend/cuda/check.hpp"

namespace rk::backend::cuda {
namespace {

/// How often a waiting thread looks whether the kernel has faulted.
constexpr std::chrono::milliseconds fault_check{20};

dim3 as_dim3(extent3 e) {
  return {e.x, e.y, e.z};
}

}  // namespace

cuda_kernel::cuda_kernel(int device, const launch_request& request) : device_(device) {
  ending_->queue.emplace(request.name, device);
  const cudaStream_t on = request.stream != nullptr ? request.stream : stream_.get();
  const auto launch = request.cooperative ? cudaLaunchCooperativeKernel : cudaLaunchKernel;
  check(launch(request.function, as_dim3(request.grid), as_dim3(request.block), request.arguments,
               0, on),
        request.cooperative ? "cudaLaunchCooperativeKernel" : "cudaLaunchKernel");
  RK_CUDA_CHECK(cudaEventRecord(end_.get(), on));
  // Work that the caller puts behind the kernel does not wait for the host function.
  if (on != stream_.get()) RK_CUDA_CHECK(cudaStreamWaitEvent(stream_.get(), end_.get()));
  auto shared = std::make_unique<std::shared_ptr<ending>>(ending_);
  const auto announce = [](void* context) {
    const std::unique_ptr<std::shared_ptr<ending>> owned(
        static_cast<std::shared_ptr<ending>*>(context));
    const std::lock_guard lock((*owned)->mutex);
    (*owned)->done = true;
    (*owned)->queue.reset();
    (*owned)->ended.notify_all();
  };
  RK_CUDA_CHECK(cudaLaunchHostFunc(stream_.get(), announce, shared.get()));
  static_cast<void>(shared.release());  // the function's, from here on
}

running_kernel::status cuda_kernel::poll() {
  cudaSetDevice(device_);
  const cudaError_t result = cudaEventQuery(end_.get());
  if (result == cudaErrorNotReady) return {model::kernel_state::running, {}};
  {
    // Behind a fault no host function comes.
    const std::lock_guard lock(ending_->mutex);
    ending_->queue.reset();
  }
  if (result == cudaSuccess) return {model::kernel_state::finished, {}};
  try {
    check(result, "the kernel ended");
  } catch (const cuda_error& e) {
    return {model::kernel_state::faulted, e.what()};
  }
  return {};
}

bool cuda_kernel::wait(std::chrono::nanoseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::unique_lock lock(ending_->mutex);
  while (!ending_->done) {
    lock.unlock();
    if (poll().state != model::kernel_state::running) return true;
    lock.lock();
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) return ending_->done;
    ending_->ended.wait_until(lock, std::min(until, now + fault_check),
                              [this] { return ending_->done; });
  }
  return true;
}

}  // namespace rk::backend::cuda
