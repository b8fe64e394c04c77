#include <cerrno>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <fcntl.h>

#include <rk/error.hpp>
#include <rk/protocol/file_descriptor.hpp>

#include "backend/cuda/check.hpp"
#include "backend/cuda/cuda_copier.hpp"
#include "backend/cuda/device_uuid.hpp"
#include "backend/cuda/driver.hpp"
#include "backend/remote_segment.hpp"

namespace rk::backend {
namespace cuda {
namespace {

int device_of(const std::string& uuid) {
  int count = 0;
  RK_CUDA_CHECK(cudaGetDeviceCount(&count));
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties{};
    RK_CUDA_CHECK(cudaGetDeviceProperties(&properties, i));
    if (format_uuid(properties.uuid) == uuid) return i;
  }
  throw not_found("this process sees no GPU " + uuid);
}

/// Imported memory, mapped without the right to write. Segments of one GPU share a copier: its
/// pinned memory is worth sharing.
class imported_memory {
 public:
  imported_memory(int device, int descriptor, std::uint64_t bytes)
      : bytes_(bytes), device_(device) {
    RK_CUDA_CHECK(cudaSetDevice(device));
    RK_CUDA_CHECK(cudaFree(nullptr));  // the context, if this is the first
    copier_ = shared_copier(device);
    const driver& api = driver_api();
    // The interface takes the descriptor in a pointer's place.
    void* const handle =
        reinterpret_cast<void*>(static_cast<std::uintptr_t>(descriptor));  // NOLINT
    check(api.import_handle(&handle_, handle, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR),
          "cuMemImportFromShareableHandle");
    try {
      CUmemAccessDesc access{};
      access.location = {CU_MEM_LOCATION_TYPE_DEVICE, {device}};
      access.flags = CU_MEM_ACCESS_FLAGS_PROT_READ;
      check(api.reserve(&address_, bytes_, 0, 0, 0), "cuMemAddressReserve");
      check(api.map(address_, bytes_, 0, handle_, 0), "cuMemMap");
      check(api.set_access(address_, bytes_, &access, 1), "cuMemSetAccess");
    } catch (...) {
      release();
      throw;
    }
  }
  ~imported_memory() { release(); }
  imported_memory(const imported_memory&) = delete;
  imported_memory& operator=(const imported_memory&) = delete;

  void read(std::uint64_t offset, std::span<std::byte> to) {
    const auto* from = reinterpret_cast<const std::byte*>(address_) + offset;  // NOLINT
    const std::lock_guard lock(copier_->mutex);
    copier_->copier.read(to.data(), from, to.size());
  }

 private:
  struct guarded_copier {
    explicit guarded_copier(int device) : copier(device, backend::copier::usual_piece_bytes) {}
    std::mutex mutex;
    cuda_copier copier;
  };

  static std::shared_ptr<guarded_copier> shared_copier(int device) {
    static std::mutex mutex;
    static std::map<int, std::weak_ptr<guarded_copier>> by_device;
    const std::lock_guard lock(mutex);
    if (auto known = by_device[device].lock()) return known;
    auto made = std::make_shared<guarded_copier>(device);
    by_device[device] = made;
    return made;
  }

  void release() {
    const driver& api = driver_api();
    cudaSetDevice(device_);
    if (address_ != 0) {
      api.unmap(address_, bytes_);
      api.free_address(address_, bytes_);
    }
    api.release(handle_);
  }

  std::uint64_t bytes_;
  int device_;
  std::shared_ptr<guarded_copier> copier_;
  CUmemGenericAllocationHandle handle_ = 0;
  CUdeviceptr address_ = 0;
};

/// Memory that a descriptor keeps, whatever becomes of the process that it is from. It is imported
/// when it is read for the first time: that makes a context, for which the driver takes the GPU
/// from whatever kernel runs there, for more than a millisecond.
class cuda_remote_segment final : public remote_segment {
 public:
  cuda_remote_segment(int device, int descriptor, std::uint64_t bytes)
      : device_(device), descriptor_(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)), bytes_(bytes) {
    if (descriptor_.get() < 0) throw system_error("dup of a target's segment", errno);
  }

  [[nodiscard]] std::uint64_t bytes() const noexcept override { return bytes_; }
  void read(std::uint64_t offset, std::span<std::byte> to) override {
    if (!memory_) {
      memory_.emplace(device_, descriptor_.get(), bytes_);
      descriptor_ = {};
    }
    memory_->read(offset, to);
  }

 private:
  int device_;
  protocol::file_descriptor descriptor_;  ///< until it is imported
  std::uint64_t bytes_;
  std::optional<imported_memory> memory_;
};

}  // namespace
}  // namespace cuda

std::unique_ptr<remote_segment> map_cuda_segment(int descriptor, std::uint64_t bytes,
                                                 const std::string& gpu_uuid) {
  return std::make_unique<cuda::cuda_remote_segment>(cuda::device_of(gpu_uuid), descriptor, bytes);
}

}  // namespace rk::backend
