#include <random>

#include "libinspect/device/probe.hpp"

namespace rk {
namespace {

using test::eventually;
using test::expect_end;
using test::records_of;
using test::scaled;
using test::unserved;

/// Steps that each thread of each block has made, [blocks][threads].
struct tally {
  std::uint64_t* steps;
  std::uint64_t limit;  ///< 0: none
};

__device__ void count_step(tally t) {
  const index3 e = block_extent();
  ++t.steps[linear_block_index() * (e.x * e.y * e.z) + linear_thread_index()];
}

/// All blocks meet in each step.
__global__ void march(rk::device_view view, tally t) {
  rk::actor self = rk::start(view);
  std::uint64_t step = 0;
  while (rk::safe_point(self) && (t.limit == 0 || step < t.limit)) {
    count_step(t);
    ++step;
    if (rk::grid_sync(self) != rk::status::ok) break;
  }
  rk::finish(self);
}

/// Blocks go on without each other; a block with a higher number makes longer steps.
__global__ void wander(rk::device_view view, tally t) {
  rk::actor self = rk::start(view);
  while (rk::safe_point(self)) {
    count_step(t);
    for (unsigned i = 0; i < self.index; ++i) rk::pause(1);
  }
  rk::finish(self);
}

struct run {
  explicit run(unsigned blocks, unsigned threads)
      : session(unserved()), steps(session.allocate<std::uint64_t>("steps", {blocks, threads})) {}
  rk::session session;
  std::uint64_t* steps;
};

TEST(actor, all_blocks_of_a_grid_stop_at_the_same_step_whenever_they_are_asked) {
  constexpr unsigned blocks = 4;
  constexpr unsigned threads = 3;
  std::mt19937 random(20260711);
  for (unsigned repetition = 0; repetition < scaled(60); ++repetition) {
    run r(blocks, threads);
    const kernel k = r.session.launch(march, {blocks}, {threads}, tally{r.steps, 0});
    const std::uint64_t target = random() % 40;
    ASSERT_TRUE(eventually([&] { return k.steps() >= target; }));
    kernel(k).stop();
    expect_end(k);
    const auto records = records_of(r.session, "kernel", blocks);
    for (unsigned i = 0; i < blocks * threads; ++i) ASSERT_EQ(r.steps[i], r.steps[0]);
    for (const auto& a : records) {
      ASSERT_EQ(a.progress, r.steps[0]);
      ASSERT_EQ(a.state, abi::actor_state::finished);
      ASSERT_EQ(a.exit_status, status::ok);
      ASSERT_EQ(a.wait.kind, abi::wait_kind::none);
    }
    ASSERT_GE(r.steps[0], target);
  }
}

TEST(actor, a_stop_that_comes_first_ends_the_kernel_at_once) {
  run r(3, 1);
  kernel k = r.session.launch(march, {3}, {1}, tally{r.steps, 0});
  k.stop();
  expect_end(k);
}

TEST(actor, blocks_that_do_not_wait_for_each_other_stop_each_by_itself) {
  constexpr unsigned blocks = 4;
  run r(blocks, 2);
  kernel k = r.session.launch_with({.name = "wander", .sync = synchrony::independent}, wander,
                                   {blocks}, {2}, tally{r.steps, 0});
  ASSERT_TRUE(eventually([&] { return k.steps() > 20; }));
  k.stop();
  expect_end(k);
  const auto records = records_of(r.session, "wander", blocks);
  for (unsigned b = 0; b < blocks; ++b) {
    EXPECT_EQ(records[b].state, abi::actor_state::finished);
    EXPECT_EQ(records[b].progress, r.steps[2 * b]);
    EXPECT_EQ(r.steps[2 * b], r.steps[2 * b + 1]);
  }
}

TEST(actor, progress_counts_the_iterations_that_are_complete) {
  run r(2, 2);
  const kernel k = r.session.launch(march, {2}, {2}, tally{r.steps, 17});
  expect_end(k);
  EXPECT_EQ(k.steps(), 17u);
  for (const auto& a : records_of(r.session, "kernel", 2)) EXPECT_EQ(a.progress, 17u);
  EXPECT_EQ(r.steps[3], 17u);
}

TEST(actor, times_of_start_heartbeat_and_finish_are_in_this_order) {
  run r(2, 1);
  const std::uint64_t before = clock_ns();
  expect_end(r.session.launch(march, {2}, {1}, tally{r.steps, 5}));
  const std::uint64_t after = clock_ns();
  for (const auto& a : records_of(r.session, "kernel", 2)) {
    EXPECT_LE(before, a.started_ns);
    EXPECT_LE(a.started_ns, a.heartbeat_ns);
    EXPECT_LE(a.heartbeat_ns, a.finished_ns);
    EXPECT_LE(a.finished_ns, after);
    EXPECT_EQ(a.processor, 0u);
  }
}

TEST(actor, a_running_actor_says_so_and_has_no_time_of_finish) {
  run r(2, 1);
  kernel k = r.session.launch(march, {2}, {1}, tally{r.steps, 0});
  ASSERT_TRUE(eventually([&] { return k.steps() > 2; }));
  EXPECT_EQ(k.state(), kernel::state::running);
  for (const auto& a : records_of(r.session, "kernel", 2)) {
    EXPECT_EQ(a.state, abi::actor_state::running);
    EXPECT_EQ(a.finished_ns, 0u);
    EXPECT_GT(a.heartbeat_ns, 0u);
  }
  k.stop();
  expect_end(k);
}

TEST(actor, records_are_zero_until_the_actor_has_begun) {
  session s(unserved());
  static_cast<void>(s.device_view("own", {3}, {1}));
  for (const auto& a : records_of(s, "own", 3)) {
    EXPECT_EQ(a.state, abi::actor_state::not_started);
    EXPECT_EQ(a.progress, 0u);
    EXPECT_EQ(a.started_ns, 0u);
  }
}

TEST(actor, a_kernel_without_instrumentation_records_its_end_alone_and_still_stops) {
  run r(3, 2);
  kernel k = r.session.launch_with({.name = "quiet", .level = instrumentation::off}, march, {3},
                                   {2}, tally{r.steps, 0});
  k.stop();
  expect_end(k);
  EXPECT_EQ(k.steps(), r.steps[0]);
  for (const auto& a : records_of(r.session, "quiet", 3)) {
    EXPECT_EQ(a.state, abi::actor_state::finished);
    EXPECT_EQ(a.started_ns, 0u);
    EXPECT_EQ(a.heartbeat_ns, 0u);
    EXPECT_EQ(a.wait.since_ns, 0u);
  }
  for (unsigned i = 0; i < 6; ++i) EXPECT_EQ(r.steps[i], r.steps[0]);
}

TEST(actor, an_abort_leaves_the_loop_without_agreement) {
  run r(3, 2);
  kernel k = r.session.launch(march, {3}, {2}, tally{r.steps, 0});
  ASSERT_TRUE(eventually([&] { return k.steps() > 2; }));
  k.abort();
  expect_end(k);
  for (const auto& a : records_of(r.session, "kernel", 3)) {
    EXPECT_TRUE(a.state == abi::actor_state::finished || a.state == abi::actor_state::failed);
  }
}

TEST(actor, an_abort_behind_a_stop_and_a_stop_behind_an_abort_both_count) {
  for (const bool stop_first : {true, false}) {
    run r(2, 1);
    kernel k = r.session.launch(march, {2}, {1}, tally{r.steps, 0});
    if (stop_first) k.stop();
    k.abort();
    if (!stop_first) k.stop();
    expect_end(k);
  }
}

TEST(actor, a_grid_in_three_dimensions_has_one_record_a_block) {
  run r(12, 4);
  const kernel k = r.session.launch(march, {3, 2, 2}, {2, 2, 1}, tally{r.steps, 3});
  expect_end(k);
  for (const auto& a : records_of(r.session, "kernel", 12)) EXPECT_EQ(a.progress, 3u);
  for (unsigned i = 0; i < 48; ++i) EXPECT_EQ(r.steps[i], 3u);
}

}  // namespace
}  // namespace rk
