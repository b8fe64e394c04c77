#include "backend/cpu/grid_runner.hpp"

#include <atomic>
#include <limits>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <rk/device.cuh>
#include <rk/error.hpp>

#include "libinspect/support/child_process.hpp"
#include "libinspect/support/test_environment.hpp"

namespace rk::backend::cpu {
namespace {

using test::has;
using test::patience;
using test::refusal;

[[nodiscard]] launch_request request_of(extent3 grid, extent3 block, std::function<void()> body) {
  launch_request r;
  r.name = "probe";
  r.grid = grid;
  r.block = block;
  r.body = std::move(body);
  return r;
}

[[nodiscard]] running_kernel::status run_to_end(const launch_request& request) {
  grid_runner runner(request);
  EXPECT_TRUE(runner.wait(patience));
  return runner.poll();
}

TEST(grid_runner, every_block_runs_once_under_its_own_index) {
  std::array<std::atomic<int>, 12> runs{};
  const auto end = run_to_end(request_of({3, 2, 2}, {5}, [&] {
    const index3 b = block_index();
    if (linear_thread_index() == 0) ++runs.at((b.z * 2 + b.y) * 3 + b.x);
  }));
  EXPECT_EQ(end.state, model::kernel_state::finished);
  EXPECT_EQ(end.error, "");
  for (const auto& count : runs) EXPECT_EQ(count, 1);
}

TEST(grid_runner, all_blocks_are_there_at_once_so_that_they_may_wait_for_each_other) {
  constexpr unsigned blocks = 24;
  std::atomic<unsigned> arrived{0};
  const auto end = run_to_end(request_of({blocks}, {2}, [&] {
    if (linear_thread_index() == 0) ++arrived;
    for (unsigned attempt = 1; arrived != blocks; ++attempt) pause(attempt);
  }));
  EXPECT_EQ(end.state, model::kernel_state::finished);
}

__global__ void fill_shared(std::atomic<int>& wrong) {
  __shared__ unsigned owner[32];
  __shared__ unsigned scalar;
  owner[linear_thread_index()] = linear_block_index();
  if (linear_thread_index() == 0) scalar = linear_block_index() + 100;
  block_sync();
  for (const unsigned o : owner) wrong += o == linear_block_index() ? 0 : 1;
  wrong += scalar == linear_block_index() + 100 ? 0 : 1;
}

TEST(grid_runner, shared_memory_is_one_for_a_block_and_another_for_the_next) {
  std::atomic<int> wrong{0};
  const auto end = run_to_end(request_of({8}, {32}, [&] { fill_shared(wrong); }));
  EXPECT_EQ(end.state, model::kernel_state::finished);
  EXPECT_EQ(wrong, 0);
}

TEST(grid_runner, a_kernel_that_throws_is_faulted_with_the_text) {
  const auto end = run_to_end(request_of({2}, {4}, [] {
    if (linear_block_index() == 1) throw std::out_of_range("cell 12 of 10");
  }));
  EXPECT_EQ(end.state, model::kernel_state::faulted);
  EXPECT_EQ(end.error, "cell 12 of 10");
}

TEST(grid_runner, an_exception_without_a_text_is_no_success) {
  const auto empty = run_to_end(request_of({1}, {1}, [] { throw std::runtime_error(""); }));
  EXPECT_EQ(empty.state, model::kernel_state::faulted);
  EXPECT_NE(empty.error, "");
  const auto other = run_to_end(request_of({1}, {1}, [] { throw 42; }));
  EXPECT_EQ(other.state, model::kernel_state::faulted);
  EXPECT_TRUE(has(other.error, "no std::exception"));
}

TEST(grid_runner, the_others_are_told_of_a_fault_once_and_may_end_by_themselves) {
  std::atomic<int> told{0};
  auto request = request_of({4}, {2}, [&] {
    if (linear_block_index() % 2 == 0) throw std::runtime_error("x");
    for (unsigned attempt = 1; told == 0; ++attempt) pause(attempt);
  });
  request.on_fault = [&] { ++told; };
  {
    grid_runner runner(request);
    EXPECT_TRUE(runner.wait(patience));
    EXPECT_EQ(runner.poll().state, model::kernel_state::faulted);
  }
  EXPECT_EQ(told, 1);
}

TEST(grid_runner, a_divergent_barrier_ends_in_a_fault_and_not_in_a_hang) {
  const auto end = run_to_end(request_of({2}, {32}, [] {
    if (linear_thread_index() == 0) {
      block_sync();
    } else {
      static_cast<void>(warp_ballot(true));
    }
  }));
  EXPECT_EQ(end.state, model::kernel_state::faulted);
  EXPECT_TRUE(has(end.error, "wait for each other for ever")) << end.error;
}

TEST(grid_runner, a_wait_with_a_limit_ends_while_the_kernel_runs) {
  std::atomic<bool> go{false};
  grid_runner runner(request_of({2}, {1}, [&] {
    for (unsigned attempt = 1; !go; ++attempt) pause(attempt);
  }));
  EXPECT_FALSE(runner.wait(std::chrono::nanoseconds(0)));
  EXPECT_FALSE(runner.wait(std::chrono::milliseconds(1)));
  EXPECT_EQ(runner.poll().state, model::kernel_state::running);
  go = true;
  EXPECT_TRUE(runner.wait(patience));
  EXPECT_EQ(runner.poll().state, model::kernel_state::finished);
}

TEST(grid_runner, a_launch_that_cannot_be_is_refused_with_its_limit) {
  struct refused {
    extent3 grid;
    extent3 block;
    std::string_view part;
  };
  constexpr std::uint32_t huge = std::numeric_limits<std::uint32_t>::max();
  constexpr std::uint32_t half = 1u << 31;
  const refused all[] = {
      {{0}, {1}, "a grid of 0x1x1 blocks must hold at least one"},
      {{1}, {4, 0, 4}, "a block of 4x0x4 threads must hold at least one"},
      {{257}, {1}, "at most 256"},
      {{1}, {1025}, "at most 1024"},
      {{1}, {32, 32, 2}, "at most 1024"},
      {{64}, {1024}, "65536 threads in all"},
      // Products that do not fit in a word.
      {{half, half, 4}, {1}, "at most 256"},
      {{huge, huge, huge}, {1}, "at most 256"},
      {{1}, {half, half, 4}, "at most 1024"},
  };
  for (const refused& r : all) {
    const std::string text =
        refusal<invalid_argument>([&] { grid_runner(request_of(r.grid, r.block, [] {})); });
    EXPECT_TRUE(has(text, r.part)) << text;
    EXPECT_TRUE(has(text, "kernel 'probe'")) << text;
  }
}

/// Ends this process's right to more than a few threads.
void take_threads_away() {
  // Root has no such limit; a user that nobody else is starts from zero.
  if (::geteuid() == 0 && ::setuid(54'321) != 0) throw system_error("setuid", errno);
  const rlimit few{4, 4};
  if (::setrlimit(RLIMIT_NPROC, &few) != 0) throw system_error("setrlimit", errno);
}

TEST(grid_runner, a_system_without_room_for_all_threads_runs_no_block_and_does_not_hang) {
  test::child_process child([](const test::child_process::line&) {
    take_threads_away();
    std::atomic<int> ran{0};
    const std::string text = refusal<system_error>([&] {
      grid_runner(request_of({16}, {1}, [&] {
        ++ran;
        for (unsigned attempt = 1;; ++attempt) pause(attempt);
      }));
    });
    return has(text, "OS thread") && has(text, "smaller grid") && ran == 0 ? 0 : 1;
  });
  EXPECT_EQ(child.exit_code(), 0);
}

}  // namespace
}  // namespace rk::backend::cpu
