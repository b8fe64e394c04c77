#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
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
  /// The part of it that does not depend on the grid.
  static void check_block(const launch_request& request);

  /// Throws `rk::system_error` if the system has no room for so many threads; then no block has
  /// run.
  explicit grid_runner(const launch_request& request);

  [[nodiscard]] status poll() override;
  [[nodiscard]] bool wait(std::chrono::nanoseconds limit) override;

 private:
  /// Blocks wait for each other, so none begins before all have their thread.
  enum class gate { closed, open, cancelled };

  void start_blocks();
  void open_gate(gate to);
  /// False: the blocks are not to run.
  [[nodiscard]] bool pass_gate();
  void run_block(index3 index);
  /// `failure`: why the block has ended before all its threads returned.
  void block_ended(const std::optional<std::string>& failure);

  launch_request request_;
  std::mutex mutex_;
  std::condition_variable changed_;
  gate gate_ = gate::closed;
  std::uint64_t blocks_left_ = 0;
  status status_;
  std::vector<std::jthread> threads_;  ///< last: joined before the rest goes away
};

}  // namespace rk::backend::cpu
