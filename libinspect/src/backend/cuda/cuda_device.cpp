#include <limits>

#include <rk/clock.hpp>
#include <rk/error.hpp>

#include "backend/cuda/check.hpp"
#include "backend/cuda/cuda_copier.hpp"
#include "backend/cuda/cuda_kernel.hpp"
#include "backend/cuda/cuda_segment.hpp"
#include "backend/cuda/device_clock.hpp"
#include "backend/cuda/device_uuid.hpp"
#include "backend/cuda/hardware_queues.hpp"
#include "backend/cuda/pinned_segment.hpp"
#include "symbols/registered.hpp"

namespace rk::backend {
namespace cuda {
namespace {

/// Device clock minus CLOCK_MONOTONIC, from the quickest of several tries: its error is half that
/// try's duration, a few microseconds.
std::int64_t measure_clock_offset(const stream& on) {
  constexpr int tries = 10;
  const pinned_buffer out(sizeof(std::uint64_t));
  auto* device_ns = reinterpret_cast<std::uint64_t*>(out.data());
  std::int64_t shortest = std::numeric_limits<std::int64_t>::max();
  std::int64_t offset = 0;
  for (int i = 0; i < tries; ++i) {
    const std::int64_t before = monotonic_ns();
    RK_CUDA_CHECK(read_device_clock(device_ns, on.get()));
    RK_CUDA_CHECK(cudaStreamSynchronize(on.get()));
    const std::int64_t took = monotonic_ns() - before;
    if (took >= shortest) continue;
    shortest = took;
    offset = static_cast<std::int64_t>(*device_ns) - (before + took / 2);
  }
  return offset;
}

class cuda_device final : public device {
 public:
  explicit cuda_device(int index) : index_(index) {
    RK_CUDA_CHECK(cudaSetDevice(index));
    RK_CUDA_CHECK(cudaGetDeviceProperties(&properties_, index));
    // Everything that a session will need on the device is made while nothing runs there.
    RK_CUDA_CHECK(cudaFree(nullptr));
    clearing_ = std::make_unique<cuda_copier>(index, copier::usual_piece_bytes);
    const stream calibration;
    clock_offset_ns_ = measure_clock_offset(calibration);
  }

  [[nodiscard]] backend_kind kind() const noexcept override { return backend_kind::cuda; }
  [[nodiscard]] std::string name() const override { return properties_.name; }
  [[nodiscard]] std::string uuid() const override { return format_uuid(properties_.uuid); }
  [[nodiscard]] int index() const noexcept override { return index_; }
  [[nodiscard]] std::uint32_t processor_count() const noexcept override {
    return static_cast<std::uint32_t>(properties_.multiProcessorCount);
  }
  [[nodiscard]] std::int64_t clock_offset_ns() const noexcept override { return clock_offset_ns_; }

  [[nodiscard]] std::unique_ptr<segment> create_segment(std::uint64_t bytes,
                                                        bool /*writable*/) override {
    RK_CUDA_CHECK(cudaSetDevice(index_));
    auto made = std::make_unique<cuda_segment>(index_, bytes);
    clearing_->clear(made->device_address(), made->bytes());
    return made;
  }

  [[nodiscard]] std::unique_ptr<segment> create_host_segment(std::uint64_t bytes) override {
    RK_CUDA_CHECK(cudaSetDevice(index_));
    return std::make_unique<pinned_segment>(bytes);
  }

  [[nodiscard]] std::unique_ptr<copier> create_copier(std::size_t piece_bytes) override {
    RK_CUDA_CHECK(cudaSetDevice(index_));
    return std::make_unique<cuda_copier>(index_, piece_bytes);
  }

  [[nodiscard]] const std::byte* symbol_address(const void* host_object) override {
    RK_CUDA_CHECK(cudaSetDevice(index_));
    return static_cast<const std::byte*>(symbols::resolve_on_device(host_object));
  }

  [[nodiscard]] std::uint64_t max_resident_blocks(const launch_request& request) override {
    RK_CUDA_CHECK(cudaSetDevice(index_));
    if (request.block.count() == 0 || request.block.count() > 1024) {
      throw invalid_argument("kernel '" + request.name + "': a block has 1 to 1024 threads, not " +
                             std::to_string(request.block.count()));
    }
    // Loads the kernel too: loading it lazily, beside a persistent kernel, can wait for ever.
    cudaFuncAttributes attributes{};
    RK_CUDA_CHECK(cudaFuncGetAttributes(&attributes, request.function));
    if (request.block.count() > static_cast<std::uint64_t>(attributes.maxThreadsPerBlock)) {
      throw invalid_argument("kernel '" + request.name + "' takes blocks of at most " +
                             std::to_string(attributes.maxThreadsPerBlock) + " threads, not " +
                             std::to_string(request.block.count()));
    }
    int blocks = 0;
    RK_CUDA_CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(
        &blocks, request.function, static_cast<int>(request.block.count()), 0));
    return static_cast<std::uint64_t>(blocks) *
           static_cast<std::uint64_t>(properties_.multiProcessorCount);
  }

  void check_room(const launch_request& request) override {
    const queue_claim trial(request.name, index_);
  }

  [[nodiscard]] std::unique_ptr<running_kernel> launch(const launch_request& request) override {
    RK_CUDA_CHECK(cudaSetDevice(index_));
    return std::make_unique<cuda_kernel>(index_, request);
  }

 private:
  int index_;
  cudaDeviceProp properties_{};
  std::unique_ptr<cuda_copier> clearing_;
  std::int64_t clock_offset_ns_ = 0;
};

}  // namespace
}  // namespace cuda

bool cuda_is_usable() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

std::unique_ptr<device> open_cuda_device(int index) {
  int count = 0;
  cuda::check(cudaGetDeviceCount(&count), "cudaGetDeviceCount");
  if (index < 0 || index >= count) {
    throw not_found("there is no GPU " + std::to_string(index) + ": this machine shows " +
                    std::to_string(count));
  }
  return std::make_unique<cuda::cuda_device>(index);
}

}  // namespace rk::backend
