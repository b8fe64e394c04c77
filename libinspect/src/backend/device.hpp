#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <rk/abi/index3.hpp>
#include <rk/host/backend.hpp>
#include <rk/model/snapshot.hpp>

/// What differs by back-end, behind one interface. Everything else of the host side is common.
namespace rk::backend {

/// Device-visible memory that other processes may map through a descriptor. Zeroed at creation.
class segment {
 public:
  virtual ~segment() = default;
  segment(const segment&) = delete;
  segment& operator=(const segment&) = delete;

  /// Start of the memory as kernels see it.
  [[nodiscard]] virtual std::byte* device_address() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t bytes() const noexcept = 0;
  /// Descriptor to hand to another process; owned by the segment. Read-only where the system
  /// enforces it.
  [[nodiscard]] virtual int shared_descriptor() const noexcept = 0;

 protected:
  segment() = default;
};

/// Copies a session's memory to the host, wherever it lies, without stopping or launching anything.
/// For one thread at a time; everything it needs is allocated when it is made.
class copier {
 public:
  /// As much as one read request may ask for.
  static constexpr std::size_t usual_piece_bytes = 4u << 20;
  /// For gigabytes: the pause between two copies is small beside such a piece.
  static constexpr std::size_t large_piece_bytes = 16u << 20;

  virtual ~copier() = default;
  copier(const copier&) = delete;
  copier& operator=(const copier&) = delete;

  /// Copies `bytes` from device memory. Each aligned 8-byte word arrives whole. Throws
  /// `rk::cuda_error`.
  virtual void read(std::byte* to, const std::byte* from, std::size_t bytes) = 0;
  /// Hands `bytes` of device memory to `take`, piece by piece and in order, while the next piece is
  /// on its way. The piece is valid during the call. Throws `rk::cuda_error`, and what `take`
  /// throws.
  using taker = std::function<void(std::span<const std::byte>)>;
  virtual void drain(const std::byte* from, std::uint64_t bytes, const taker& take) = 0;
  /// Copies `bytes` to device memory. Throws `rk::cuda_error`.
  virtual void write(std::byte* to, const std::byte* from, std::size_t bytes) = 0;
  /// Writes one aligned 8-byte word to device memory, after all that this copier wrote before, and
  /// before all that the host reads afterwards. Throws `rk::cuda_error`.
  virtual void write_word(std::uint64_t* to, std::uint64_t value) = 0;

 protected:
  copier() = default;
};

/// A kernel on its way. Destroying it does not end the kernel.
class running_kernel {
 public:
  struct status {
    model::kernel_state state = model::kernel_state::running;
    std::string error;
  };
  virtual ~running_kernel() = default;
  running_kernel(const running_kernel&) = delete;
  running_kernel& operator=(const running_kernel&) = delete;

  /// Never blocks. Thread-safe.
  [[nodiscard]] virtual status poll() = 0;
  /// Waits for the end, at most `limit`. Thread-safe. Returns false if the limit passed first.
  [[nodiscard]] virtual bool wait(std::chrono::nanoseconds limit) = 0;

 protected:
  running_kernel() = default;
};

/// What it takes to start a kernel on any back-end.
struct launch_request {
  std::string name;
  extent3 grid;
  extent3 block;
  const void* function = nullptr;  ///< CUDA: the `__global__` function
  void** arguments = nullptr;      ///< CUDA: a pointer to each argument; read during the call
  std::function<void()> body;      ///< CPU: runs the kernel as one thread of it
  std::function<void()> on_fault;  ///< CPU: called once, on the thread that faulted
  stream_handle stream = nullptr;  ///< CUDA: behind what it holds; null: a stream of its own
  bool cooperative = true;         ///< CUDA: refused by the driver where it would not be resident
};

/// One place where kernels run: a GPU, or the CPU back-end.
class device {
 public:
  virtual ~device() = default;
  device(const device&) = delete;
  device& operator=(const device&) = delete;

  [[nodiscard]] virtual backend_kind kind() const noexcept = 0;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string uuid() const = 0;
  [[nodiscard]] virtual int index() const noexcept = 0;
  [[nodiscard]] virtual std::uint32_t processor_count() const noexcept = 0;
  /// Device clock minus CLOCK_MONOTONIC, measured when the device was opened.
  [[nodiscard]] virtual std::int64_t clock_offset_ns() const noexcept = 0;

  /// Throws `rk::cuda_error` or `rk::system_error`.
  [[nodiscard]] virtual std::unique_ptr<segment> create_segment(std::uint64_t bytes,
                                                                bool writable) = 0;
  /// Host memory that kernels read and write too, at the same address; others may map it to read.
  /// Throws as create_segment does.
  [[nodiscard]] virtual std::unique_ptr<segment> create_host_segment(std::uint64_t bytes) = 0;
  /// `piece_bytes` is how much one copy moves at most: host memory for two such pieces is taken.
  [[nodiscard]] virtual std::unique_ptr<copier> create_copier(std::size_t piece_bytes) = 0;

  /// Address on the device of a marked variable, from the address of its host object; null if the
  /// device does not have it.
  [[nodiscard]] virtual const std::byte* symbol_address(const void* host_object) = 0;

  /// Blocks of `request.function` that can be resident at once. Throws if the kernel cannot run at
  /// all.
  [[nodiscard]] virtual std::uint64_t max_resident_blocks(const launch_request& request) = 0;
  /// Throws `rk::invalid_argument` if the kernel cannot run beside those that run already.
  virtual void check_room(const launch_request& /*request*/) {}
  /// Starts a kernel, all blocks resident. Throws `rk::invalid_argument` for a grid that cannot be,
  /// and as check_room does.
  [[nodiscard]] virtual std::unique_ptr<running_kernel> launch(const launch_request& request) = 0;

 protected:
  device() = default;
};

/// Opens GPU `index`, or the CPU back-end (`index` 0). Throws `rk::not_found` if there is no such
/// device.
[[nodiscard]] std::unique_ptr<device> open_device(backend_kind kind, int index);

/// True if a GPU can be used by this process. False in builds without CUDA.
[[nodiscard]] bool cuda_is_usable();
[[nodiscard]] std::unique_ptr<device> open_cuda_device(int index);
[[nodiscard]] std::unique_ptr<device> open_cpu_device();

}  // namespace rk::backend
