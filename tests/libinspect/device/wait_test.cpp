#include "libinspect/device/probe.hpp"

namespace rk {
namespace {

using test::eventually;
using test::expect_end;
using test::records_of;
using test::unserved;

constexpr std::uint32_t sync_line = __LINE__ + 5;

/// Block 0 never comes to the barrier at which the others wait; it ends when asked to.
__global__ void leave_alone(rk::device_view view, std::uint32_t* statuses) {
  rk::actor self = rk::start(view);
  const auto result = self.index == 0 ? rk::status::ok : rk::grid_sync(self);
  statuses[self.index * block_extent().x + linear_thread_index()] =
      static_cast<std::uint32_t>(result);
  while (self.index == 0 && rk::safe_point(self)) rk::pause(1);
  rk::finish(self);
}

struct fixture {
  session s{unserved()};
  std::uint32_t* statuses = s.allocate<std::uint32_t>("statuses", {3, 2});

  kernel launch(std::chrono::nanoseconds deadline,
                instrumentation level = instrumentation::progress) {
    launch_options o;
    o.name = "lonely";
    o.sync = synchrony::independent;
    o.level = level;
    o.wait_deadline = deadline;
    return s.launch_with(o, leave_alone, {3}, {2}, statuses);
  }
  [[nodiscard]] abi::actor_record record(std::size_t actor) {
    return records_of(s, "lonely", 3)[actor];
  }
  /// Both blocks that come to the barrier are at it.
  [[nodiscard]] bool all_wait() {
    return eventually([&] {
      const auto records = records_of(s, "lonely", 3);
      return records[1].wait.kind != abi::wait_kind::none &&
             records[2].wait.kind != abi::wait_kind::none && records[1].wait.observed == 2 &&
             records[2].wait.observed == 2;
    });
  }
};

TEST(wait, a_waiting_actor_says_for_what_since_when_and_where) {
  fixture f;
  const std::uint64_t before = clock_ns();
  kernel k = f.launch(test::patience);
  ASSERT_TRUE(f.all_wait());
  const std::uint64_t after = clock_ns();
  for (const std::size_t actor : {1u, 2u}) {
    const abi::actor_record a = f.record(actor);
    EXPECT_EQ(a.state, abi::actor_state::running);
    EXPECT_EQ(a.wait.kind, abi::wait_kind::grid_barrier);
    EXPECT_EQ(a.wait.object, 0u);
    EXPECT_EQ(a.wait.expected, 3u);
    EXPECT_EQ(a.wait.observed, 2u);
    EXPECT_EQ(a.wait.source_line, sync_line);
    EXPECT_LE(before, a.wait.since_ns);
    EXPECT_LE(a.wait.since_ns, after);
  }
  k.abort();
  expect_end(k);
}

TEST(wait, an_abort_breaks_it_and_its_record_stays) {
  fixture f;
  kernel k = f.launch(std::chrono::hours(1));
  ASSERT_TRUE(f.all_wait());
  k.abort();
  expect_end(k);
  for (const std::size_t actor : {1u, 2u}) {
    const abi::actor_record a = f.record(actor);
    EXPECT_EQ(a.state, abi::actor_state::failed);
    EXPECT_EQ(a.exit_status, status::aborted);
    EXPECT_EQ(a.wait.kind, abi::wait_kind::grid_barrier);
    // Every thread of a block learns what its leader met.
    EXPECT_EQ(f.statuses[2 * actor], static_cast<std::uint32_t>(status::aborted));
    EXPECT_EQ(f.statuses[2 * actor + 1], static_cast<std::uint32_t>(status::aborted));
  }
  EXPECT_EQ(f.record(0).state, abi::actor_state::finished);
}

TEST(wait, who_leaves_at_a_stop_is_waited_for_no_longer) {
  fixture f;
  kernel k = f.launch(test::patience);
  ASSERT_TRUE(f.all_wait());
  k.stop();
  expect_end(k);
  for (const unsigned i : {2u, 3u, 4u, 5u}) {
    EXPECT_EQ(f.statuses[i], static_cast<std::uint32_t>(status::ok));
  }
}

__global__ void wait_for_ever(rk::device_view view, const std::uint64_t* never) {
  rk::actor self = rk::start(view);
  EXPECT_EQ(rk::wait_at_least(self, *never, 1), status::aborted);
  rk::finish(self);
}

TEST(wait, a_stop_alone_does_not_break_it) {
  session s(unserved());
  auto* never = s.allocate<std::uint64_t>("never", {});
  kernel k = s.launch_with({.name = "patient"}, wait_for_ever, {2}, {1},
                           static_cast<const std::uint64_t*>(never));
  k.stop();
  EXPECT_FALSE(k.wait(std::chrono::milliseconds(30)));
  k.abort();
  expect_end(k);
}

TEST(wait, its_deadline_ends_it_with_timed_out_and_its_record_stays) {
  fixture f;
  kernel k = f.launch(std::chrono::milliseconds(20));
  ASSERT_TRUE(eventually([&] {
    return f.record(1).state == abi::actor_state::failed &&
           f.record(2).state == abi::actor_state::failed;
  }));
  k.stop();
  expect_end(k);
  for (const std::size_t actor : {1u, 2u}) {
    const abi::actor_record a = f.record(actor);
    EXPECT_EQ(a.exit_status, status::timed_out);
    EXPECT_EQ(a.wait.kind, abi::wait_kind::grid_barrier);
    EXPECT_EQ(a.wait.expected, 3u);
    EXPECT_GE(a.finished_ns - a.wait.since_ns, 20'000'000u);
    EXPECT_EQ(f.statuses[2 * actor + 1], static_cast<std::uint32_t>(status::timed_out));
  }
}

TEST(wait, without_instrumentation_it_leaves_no_record_of_the_wait_but_obeys) {
  fixture f;
  kernel k = f.launch(test::patience, instrumentation::off);
  k.abort();
  expect_end(k);
  EXPECT_EQ(f.record(1).wait.since_ns, 0u);
  EXPECT_EQ(f.record(1).state, abi::actor_state::failed);
  for (const unsigned i : {2u, 3u, 4u, 5u}) {
    EXPECT_EQ(f.statuses[i], static_cast<std::uint32_t>(status::aborted));
  }
}

TEST(wait, a_deadline_in_the_past_still_lets_the_others_arrive_first) {
  // What is there at the first look is no wait at all, whatever the deadline.
  session s(unserved());
  auto* statuses = s.allocate<std::uint32_t>("statuses", {1, 2});
  launch_options o;
  o.name = "hasty";
  o.wait_deadline = std::chrono::nanoseconds(-1);
  expect_end(s.launch_with(
      o,
      +[](rk::device_view view, std::uint32_t* out) {
        rk::actor self = rk::start(view);
        out[linear_thread_index()] = static_cast<std::uint32_t>(rk::grid_sync(self)) + 1;
        rk::finish(self);
      },
      {1}, {2}, statuses));
  EXPECT_EQ(statuses[1], 1u);
}

}  // namespace
}  // namespace rk
