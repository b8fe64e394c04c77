#include <algorithm>
#include <atomic>
#include <span>
#include <thread>
#include <vector>

#include <rk/device/atomic.cuh>

#include "backend/cpu/grid_runner.hpp"
#include "backend/cpu/word_copy.hpp"
#include "backend/device.hpp"
#include "backend/memory_segment.hpp"

namespace rk::backend {
namespace cpu {
namespace {

class word_copier final : public copier {
 public:
  explicit word_copier(std::size_t piece_bytes) : piece_bytes_(piece_bytes) {}

  void read(std::byte* to, const std::byte* from, std::size_t bytes) override {
    copy_words(to, from, bytes);
  }
  void drain(const std::byte* from, std::uint64_t bytes, const taker& take) override {
    std::vector<std::byte> piece(std::min<std::uint64_t>(bytes, piece_bytes_));
    for (std::uint64_t at = 0; at < bytes; at += piece.size()) {
      const auto part = std::span(piece).first(std::min<std::uint64_t>(bytes - at, piece.size()));
      copy_words(part.data(), from + at, part.size());
      take(part);
    }
  }
  void write(std::byte* to, const std::byte* from, std::size_t bytes) override {
    copy_words(to, from, bytes);
  }
  void write_word(std::uint64_t* to, std::uint64_t value) override {
    atomic_store<order::release, scope::system>(*to, value);
    fence<order::seq_cst, scope::system>();
  }

 private:
  std::size_t piece_bytes_;
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
  [[nodiscard]] std::unique_ptr<segment> create_host_segment(std::uint64_t bytes) override {
    return std::make_unique<memory_segment>(bytes, false);
  }
  [[nodiscard]] std::unique_ptr<copier> create_copier(std::size_t piece_bytes) override {
    return std::make_unique<word_copier>(piece_bytes);
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
