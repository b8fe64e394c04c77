#include "libinspect/device/probe.hpp"

namespace rk {
namespace {

using test::expect_end;
using test::scaled;
using test::unserved;

/// Every block writes plain words, and after the barrier reads those of all others.
__global__ void exchange(rk::device_view view, std::uint64_t rounds, std::uint64_t* cells,
                         std::uint64_t* wrong) {
  rk::actor self = rk::start(view);
  const std::uint32_t threads = block_extent().x;
  const std::uint32_t mine = self.index * threads + linear_thread_index();
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    cells[mine] = round;
    if (rk::grid_sync(self) != rk::status::ok) break;
    for (std::uint32_t i = 0; i < view.actor_count * threads; ++i) {
      if (cells[i] != round) ++wrong[mine];
    }
    if (rk::grid_sync(self) != rk::status::ok) break;
  }
  rk::finish(self);
}

TEST(grid_barrier, what_was_written_before_it_is_seen_by_every_thread_behind_it) {
  constexpr unsigned blocks = 4;
  constexpr unsigned threads = 3;
  session s(unserved());
  auto* cells = s.allocate<std::uint64_t>("cells", {blocks * threads});
  auto* wrong = s.allocate<std::uint64_t>("wrong", {blocks * threads});
  const std::uint64_t rounds = scaled(300);
  expect_end(s.launch(exchange, {blocks}, {threads}, rounds, cells, wrong));
  for (unsigned i = 0; i < blocks * threads; ++i) {
    EXPECT_EQ(cells[i], rounds);
    EXPECT_EQ(wrong[i], 0u);
  }
}

__global__ void sync_once(rk::device_view view, std::uint32_t* statuses) {
  rk::actor self = rk::start(view);
  const std::uint32_t threads = block_extent().x;
  statuses[self.index * threads + linear_thread_index()] =
      static_cast<std::uint32_t>(rk::grid_sync(self)) + 1;
  rk::finish(self);
}

TEST(grid_barrier, one_block_alone_does_not_wait) {
  session s(unserved());
  auto* statuses = s.allocate<std::uint32_t>("statuses", {8});
  expect_end(s.launch(sync_once, {1}, {8}, statuses));
  for (unsigned t = 0; t < 8; ++t) EXPECT_EQ(statuses[t], 1u);
}

TEST(grid_barrier, a_second_launch_begins_with_a_fresh_barrier) {
  session s(unserved());
  auto* statuses = s.allocate<std::uint32_t>("statuses", {3});
  for (int launch = 0; launch < 3; ++launch) {
    expect_end(s.launch(sync_once, {3}, {1}, statuses));
    for (unsigned t = 0; t < 3; ++t) EXPECT_EQ(statuses[t], 1u);
  }
}

}  // namespace
}  // namespace rk
