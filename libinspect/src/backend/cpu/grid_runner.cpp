#include "backend/cpu/grid_runner.hpp"

#include <rk/error.hpp>

#include "backend/cpu/block_runner.hpp"

namespace rk::backend::cpu {
namespace {

std::string text(extent3 e) {
  return std::to_string(e.x) + "x" + std::to_string(e.y) + "x" + std::to_string(e.z);
}

}  // namespace

void grid_runner::check(const launch_request& request) {
  const std::uint64_t blocks = request.grid.count();
  const std::uint64_t threads = request.block.count();
  const std::string what = "kernel '" + request.name + "': ";
  if (blocks == 0 || threads == 0) {
    throw invalid_argument(what + "grid " + text(request.grid) + " and block " + text(request.block) +
                           " must hold at least one thread");
  }
  if (blocks > max_blocks) {
    throw invalid_argument(what + std::to_string(blocks) + " blocks; the CPU back-end runs each as an OS " +
                           "thread, at most " + std::to_string(max_blocks) + ": use a smaller grid");
  }
  if (threads > max_block_threads) {
    throw invalid_argument(what + std::to_string(threads) + " threads a block; at most " +
                           std::to_string(max_block_threads));
  }
  if (blocks * threads > max_grid_threads) {
    throw invalid_argument(what + std::to_string(blocks * threads) + " threads in all; the CPU back-end " +
                           "runs each as a fiber, at most " + std::to_string(max_grid_threads) +
                           ": use a smaller grid or block");
  }
}

grid_runner::grid_runner(const launch_request& request)
    : request_(request), blocks_left_(request.grid.count()) {
  check(request);
  request_.arguments = nullptr;
  const extent3 grid = request.grid;
  threads_.reserve(grid.count());
  for (std::uint32_t z = 0; z < grid.z; ++z) {
    for (std::uint32_t y = 0; y < grid.y; ++y) {
      for (std::uint32_t x = 0; x < grid.x; ++x) {
        threads_.emplace_back([this, x, y, z] { run_block({x, y, z}); });
      }
    }
  }
}

void grid_runner::run_block(index3 index) {
  try {
    block_runner runner(request_.grid, request_.block, index, request_.body);
    runner.run();
    block_ended({});
  } catch (const std::exception& e) {
    block_ended(e.what());
  } catch (...) {
    block_ended("a kernel thread threw something that is no std::exception");
  }
}

void grid_runner::block_ended(const std::string& failure) {
  bool first_fault = false;
  {
    const std::lock_guard lock(mutex_);
    --blocks_left_;
    if (!failure.empty() && status_.error.empty()) {
      status_.error = failure;
      first_fault = true;
    }
    if (blocks_left_ == 0) {
      status_.state =
          status_.error.empty() ? model::kernel_state::finished : model::kernel_state::faulted;
    }
    ended_.notify_all();
  }
  // The other blocks may wait for this one: whoever launched the kernel tells them to give up.
  if (first_fault && request_.on_fault) request_.on_fault();
}

running_kernel::status grid_runner::poll() {
  const std::lock_guard lock(mutex_);
  return status_;
}

bool grid_runner::wait(std::chrono::nanoseconds limit) {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, limit, [this] { return blocks_left_ == 0; });
}

}  // namespace rk::backend::cpu
