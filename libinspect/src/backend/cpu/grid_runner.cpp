#include "backend/cpu/grid_runner.hpp"

#include <system_error>

#include <rk/error.hpp>

#include "backend/cpu/block_runner.hpp"

namespace rk::backend::cpu {
namespace {

std::string text(extent3 e) {
  return std::to_string(e.x) + "x" + std::to_string(e.y) + "x" + std::to_string(e.z);
}

bool is_empty(extent3 e) {
  return e.x == 0 || e.y == 0 || e.z == 0;
}

/// Without the product of all three, which may not fit in a word.
bool holds_at_most(extent3 e, std::uint64_t most) {
  return e.x <= most && e.y <= most && e.z <= most && e.count() <= most;
}

}  // namespace

void grid_runner::check_block(const launch_request& request) {
  const std::string what =
      "kernel '" + request.name + "': a block of " + text(request.block) + " threads";
  if (is_empty(request.block)) throw invalid_argument(what + " must hold at least one");
  if (!holds_at_most(request.block, max_block_threads)) {
    throw invalid_argument(what + "; at most " + std::to_string(max_block_threads) +
                           ": use a smaller block");
  }
}

void grid_runner::check(const launch_request& request) {
  check_block(request);
  const std::string what = "kernel '" + request.name + "': ";
  if (is_empty(request.grid)) {
    throw invalid_argument(what + "a grid of " + text(request.grid) +
                           " blocks must hold at least one");
  }
  if (!holds_at_most(request.grid, max_blocks)) {
    throw invalid_argument(what + "a grid of " + text(request.grid) +
                           " blocks; the CPU back-end runs each as " + "an OS thread, at most " +
                           std::to_string(max_blocks) + ": use a smaller grid");
  }
  const std::uint64_t blocks = request.grid.count();
  const std::uint64_t threads = request.block.count();
  if (blocks * threads > max_grid_threads) {
    throw invalid_argument(what + std::to_string(blocks * threads) +
                           " threads in all; the CPU back-end " + "runs each as a fiber, at most " +
                           std::to_string(max_grid_threads) + ": use a smaller grid or block");
  }
}

grid_runner::grid_runner(const launch_request& request) : request_(request) {
  check(request);
  blocks_left_ = request.grid.count();
  request_.arguments = nullptr;
  start_blocks();
  open_gate(gate::open);
}

void grid_runner::start_blocks() {
  const extent3 grid = request_.grid;
  threads_.reserve(grid.count());
  try {
    for (std::uint32_t z = 0; z < grid.z; ++z) {
      for (std::uint32_t y = 0; y < grid.y; ++y) {
        for (std::uint32_t x = 0; x < grid.x; ++x) {
          threads_.emplace_back([this, x, y, z] { run_block({x, y, z}); });
        }
      }
    }
  } catch (const std::system_error& e) {
    const std::size_t started = threads_.size();
    open_gate(gate::cancelled);
    throw system_error("kernel '" + request_.name + "': OS thread " + std::to_string(started + 1) +
                           " of " + std::to_string(grid.count()) + " (use a smaller grid)",
                       e.code().value());
  } catch (...) {
    open_gate(gate::cancelled);
    throw;
  }
}

void grid_runner::open_gate(gate to) {
  const std::lock_guard lock(mutex_);
  gate_ = to;
  changed_.notify_all();
}

bool grid_runner::pass_gate() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return gate_ != gate::closed; });
  return gate_ == gate::open;
}

void grid_runner::run_block(index3 index) {
  if (!pass_gate()) return;
  try {
    block_runner runner(request_.grid, request_.block, index, request_.body);
    runner.run();
    block_ended(std::nullopt);
  } catch (const std::exception& e) {
    block_ended(*e.what() == '\0' ? "a kernel thread threw an exception without a text" : e.what());
  } catch (...) {
    block_ended("a kernel thread threw something that is no std::exception");
  }
}

void grid_runner::block_ended(const std::optional<std::string>& failure) {
  bool first_fault = false;
  {
    const std::lock_guard lock(mutex_);
    --blocks_left_;
    if (failure && status_.error.empty()) {
      status_.error = *failure;
      first_fault = true;
    }
    if (blocks_left_ == 0) {
      status_.state =
          status_.error.empty() ? model::kernel_state::finished : model::kernel_state::faulted;
    }
    changed_.notify_all();
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
  return changed_.wait_for(lock, limit, [this] { return blocks_left_ == 0; });
}

}  // namespace rk::backend::cpu
