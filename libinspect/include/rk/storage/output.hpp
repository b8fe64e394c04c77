#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace rk::storage {

/// Where a file's bytes go. For one thread at a time.
class output {
 public:
  virtual ~output() = default;
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  /// Appends.
  virtual void write(std::span<const std::byte> bytes) = 0;
  /// Writes over what was written before.
  virtual void rewrite(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  /// It is whole: nothing comes behind this.
  virtual void commit() = 0;

 protected:
  output() = default;
};

/// A file in memory.
class memory_output final : public output {
 public:
  /// `expected` bytes are set aside.
  explicit memory_output(std::uint64_t expected) { bytes_.reserve(expected); }

  void write(std::span<const std::byte> bytes) override;
  void rewrite(std::uint64_t offset, std::span<const std::byte> bytes) override;
  void commit() override {}

  [[nodiscard]] std::vector<std::byte> take() && { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace rk::storage
