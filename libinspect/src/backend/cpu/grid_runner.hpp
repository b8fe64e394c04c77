#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "backend/device.hpp"

namespace rk::backend::cpu {

/// A kernel on the CPU back-end: one OS thread a block, all of them alive at once.
///
/// The destructor joins: it waits until every block has ended, so ask the kernel to stop first.
class grid_runner final : public running_kernel {
 public:
  /// Most blocks of a grid, threads of a block, and threads of a grid.
  static constexpr std::uint64_t max_blocks = 256;
  static constexpr std::uint64_t max_block_threads = 1024;
  static constexpr std::uint64_t max_grid_threads = 16'384;

  /// Throws `rk::invalid_argument` with the limit that the request is over.
  static void check(const launch_request& request);

  explicit grid_runner(const launch_request& request);

  [[nodiscard]] status poll() override;
  [[nodiscard]] bool wait(std::chrono::nanoseconds limit) override;

 private:
  void run_block(index3 index);
  void block_ended(const std::string& failure);

  launch_request request_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::uint64_t blocks_left_;
  status status_;
  std::vector<std::jthread> threads_;  ///< last: joined before the rest goes away
};

}  // namespace rk::backend::cpu
