#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "backend/device.hpp"
#include "host/registry.hpp"

namespace rk::host {

/// Writes what hosts ask of kernels, so that a word always says all that is asked. Thread-safe.
class request_board {
 public:
  request_board(const registry& symbols, backend::device& device);

  /// Asks for something that stays asked until it is removed. Throws `rk::cuda_error`, as all of
  /// these do.
  void add(model::kernel_id kernel, abi::request r);
  /// Asks for an operation: first what it is, then its number.
  void ask(model::kernel_id kernel, std::uint64_t number, const abi::operation_line& what);
  /// Takes it back.
  void take_back(model::kernel_id kernel);
  void remove(model::kernel_id kernel, abi::request r);
  [[nodiscard]] bool is_asked_to_end(model::kernel_id kernel);
  /// Nothing is asked any more, of a kernel that is launched again.
  void clear(model::kernel_id kernel);

 private:
  struct asked {
    std::uint64_t bits = 0;
    std::uint64_t operation = 0;
  };
  asked& of(model::kernel_id kernel);
  void write_word(model::kernel_id kernel);

  const registry& symbols_;
  std::mutex mutex_;
  std::unique_ptr<backend::copier> copier_;
  std::vector<asked> asked_;  ///< by kernel id
};

}  // namespace rk::host
