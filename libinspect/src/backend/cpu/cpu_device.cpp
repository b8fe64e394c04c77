#include <algorithm>
#include <atomic>
#include <thread>

#include "backend/cpu/grid_runner.hpp"
#include "backend/device.hpp"
#include "host/memory_file.hpp"

namespace rk::backend {
namespace cpu {
namespace {

class memory_segment final : public segment {
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

#define RK_RACES_BY_DESIGN __attribute__((no_sanitize("thread"), no_sanitize("address")))

/// Copies one aligned word by one load. Returns its size.
template <class Word>
RK_RACES_BY_DESIGN std::size_t copy_one(std::byte* to, const std::byte* from) {
  const Word word = *reinterpret_cast<const volatile Word*>(from);
  __builtin_memcpy(to, &word, sizeof word);
  return sizeof word;
}

/// Stands in for the copy engine: it reads memory that running kernels write, which is a data race
/// by the language's rules and is what a DMA does. Hidden from ThreadSanitizer, which would be
/// right to complain of anything else.
///
/// Each load takes as many bytes, up to eight, as `from` is aligned to and as are left: a value of
/// 1, 2, 4 or 8 bytes that is aligned to its size arrives whole.
RK_RACES_BY_DESIGN void copy_words(std::byte* to, const std::byte* from, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes;) {
    const auto address = reinterpret_cast<std::uintptr_t>(from + at);
    const std::size_t left = bytes - at;
    if (address % 8 == 0 && left >= 8) {
      at += copy_one<std::uint64_t>(to + at, from + at);
    } else if (address % 4 == 0 && left >= 4) {
      at += copy_one<std::uint32_t>(to + at, from + at);
    } else if (address % 2 == 0 && left >= 2) {
      at += copy_one<std::uint16_t>(to + at, from + at);
    } else {
      at += copy_one<std::uint8_t>(to + at, from + at);
    }
  }
}

class word_copier final : public copier {
 public:
  void read(std::byte* to, const std::byte* from, std::size_t bytes) override {
    copy_words(to, from, bytes);
  }
  void write_word(std::uint64_t* to, std::uint64_t value) override {
    std::atomic_ref<std::uint64_t>(*to).store(value, std::memory_order_release);
  }
};

class cpu_device final : public device {
 public:
  [[nodiscard]] backend_kind kind() const noexcept override { return backend_kind::cpu; }
  [[nodiscard]] std::string name() const override { return "CPU back-end"; }
  [[nodiscard]] std::string uuid() const override { return {}; }
  [[nodiscard]] int index() const noexcept override { return -1; }
  [[nodiscard]] std::uint32_t processor_count() const noexcept override {
    return std::max(1U, std::thread::hardware_concurrency());
  }
  [[nodiscard]] std::int64_t clock_offset_ns() const noexcept override { return 0; }

  [[nodiscard]] std::unique_ptr<segment> create_segment(std::uint64_t bytes,
                                                        bool writable) override {
    return std::make_unique<memory_segment>(bytes, writable);
  }
  [[nodiscard]] std::unique_ptr<copier> create_copier() override {
    return std::make_unique<word_copier>();
  }
  [[nodiscard]] const std::byte* symbol_address(const void* host_object) override {
    return static_cast<const std::byte*>(host_object);
  }
  [[nodiscard]] std::uint64_t max_resident_blocks(const launch_request& request) override {
    grid_runner::check_block(request);
    return std::min(grid_runner::max_blocks, grid_runner::max_grid_threads / request.block.count());
  }
  [[nodiscard]] std::unique_ptr<running_kernel> launch(const launch_request& request) override {
    return std::make_unique<grid_runner>(request);
  }
};

}  // namespace
}  // namespace cpu

std::unique_ptr<device> open_cpu_device() {
  return std::make_unique<cpu::cpu_device>();
}

}  // namespace rk::backend
