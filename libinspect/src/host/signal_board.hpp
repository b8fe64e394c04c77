#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include <rk/abi/signal.hpp>
#include <rk/model/catalogue.hpp>

namespace rk::host {

/// Rings the doorbells of kernels. Thread-safe.
class signal_board {
 public:
  /// Raises flags at the bell of a kernel, which is in host memory.
  void ring(model::kernel_id kernel, abi::doorbell& bell, std::uint32_t flags);
  /// Number of the latest notification; 0: there was none.
  [[nodiscard]] std::uint32_t latest(model::kernel_id kernel);

 private:
  std::uint32_t& number_of(model::kernel_id kernel);

  std::mutex mutex_;
  std::vector<std::uint32_t> numbers_;  ///< by kernel id
};

}  // namespace rk::host
