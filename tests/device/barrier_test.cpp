// Barriers on every back-end: nobody is let through early, and nobody is waited for who has left.
#include <algorithm>
#include <cstring>
#include <numeric>

#include <rk/error.hpp>

#include "device/barriers.hpp"
#include "device/device_fixture.hpp"

namespace rk::test {
namespace {

class barrier_test : public device_fixture {
 protected:
  /// As many actors as suit the machine.
  [[nodiscard]] std::uint32_t some() const { return on_gpu() ? 132 : 4; }

  probe::barrier_history history(std::uint32_t actors, std::uint64_t rounds) {
    actors_ = actors;
    return {session().allocate<std::uint64_t>("cells", {actors}),
            session().allocate<std::uint64_t>("wrong", {actors}),
            session().allocate<std::uint64_t>("done", {actors}, true), rounds};
  }
  std::uint64_t wrong() {
    const auto w = inspect<std::uint64_t>("wrong", actors_);
    return std::accumulate(w.begin(), w.end(), std::uint64_t{0});
  }
  std::vector<std::uint64_t> done() { return inspect<std::uint64_t>("done", actors_); }
  void expect_done(std::uint64_t rounds) {
    EXPECT_EQ(done(), std::vector<std::uint64_t>(actors_, rounds));
    EXPECT_EQ(wrong(), 0u);
  }
  static launch_options independent() {
    launch_options o = impatient();
    o.sync = synchrony::independent;
    return o;
  }
  static launch_options with_neighbors(const topology& t) {
    launch_options o = impatient();
    o.sync = synchrony::neighbors;
    o.lookahead = t.reach();
    return o;
  }
  static std::vector<std::uint32_t> first(std::uint32_t count) {
    std::vector<std::uint32_t> all(count);
    std::iota(all.begin(), all.end(), 0u);
    return all;
  }
  void expect_finished(const kernel& k) {
    ASSERT_TRUE(k.wait(history_limit()));
    EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
  }

 private:
  std::uint32_t actors_ = 0;
};

TEST_P(barrier_test, a_named_barrier_lets_no_member_through_early) {
  auto members = first(some());
  members.erase(members.begin() + 2);
  const auto set = session().create_barrier("pairs", members);
  const auto h = history(some(), history_length(4'000));
  expect_finished(
      session().launch_with(independent(), probe::meet_named, {some()}, {block_of(32)}, h, set));
  expect_done(h.rounds);
}

TEST_P(barrier_test, a_member_that_does_not_wait_is_caught) {
  const auto set = session().create_barrier("pairs", first(4));
  auto h = history(4, scaled(5'000));
  h.fault = probe::barrier_fault::waits_not;
  expect_finished(
      session().launch_with(independent(), probe::meet_named, {4}, {block_of(32)}, h, set));
  EXPECT_GT(wrong(), 0u) << "the check would not see a barrier that lets actors through";
}

TEST_P(barrier_test, arriving_and_waiting_stand_apart) {
  const auto set = session().create_barrier("halo", first(4));
  const auto h = history(4, history_length(4'000));
  expect_finished(
      session().launch_with(independent(), probe::meet_apart, {4}, {block_of(32)}, h, set));
  expect_done(h.rounds);
}

TEST_P(barrier_test, tiles_of_blocks_meet_among_themselves) {
  const auto set = session().create_neighborhoods("near", {3, 3}, {2, 2});
  const auto h = history(9, history_length(2'000));
  expect_finished(session().launch_with(independent(), probe::meet_near, {3, 3}, {8}, h, set));
  expect_done(h.rounds);
  const auto records = inspect<abi::barrier_record>("rk.near.barrier", 4);
  EXPECT_EQ(records[0].members, 4u);
  EXPECT_EQ(records[3].members, 1u);
  EXPECT_EQ(records[0].arrived, 4 * h.rounds);
}

TEST_P(barrier_test, neighbours_wait_for_each_other_and_for_nobody_else) {
  const topology t = on_gpu() ? topology::torus({6, 6, 3}) : topology::torus({3, 2, 1});
  const auto set = session().create_neighbor_barrier("halo", t);
  const auto h = history(t.actor_count(), history_length(2'000));
  expect_finished(session().launch_with(with_neighbors(t), probe::meet_neighbors, {t.actor_count()},
                                        {8}, h, set));
  expect_done(h.rounds);
}

TEST_P(barrier_test, a_neighbour_that_does_not_wait_is_caught) {
  const topology t = topology::ring(4);
  const auto set = session().create_neighbor_barrier("halo", t);
  auto h = history(4, scaled(5'000));
  h.fault = probe::barrier_fault::waits_not;
  expect_finished(
      session().launch_with(with_neighbors(t), probe::meet_neighbors, {4}, {8}, h, set));
  EXPECT_GT(wrong(), 0u);
}

TEST_P(barrier_test, a_barrier_begins_anew_for_the_next_kernel) {
  const auto set = session().create_barrier("pairs", first(3));
  const auto h = history(3, 50);
  for (int launch = 0; launch < 3; ++launch) {
    expect_finished(session().launch_with(independent(), probe::meet_named, {3}, {8}, h, set));
    expect_done(h.rounds);
    EXPECT_EQ(inspect<abi::barrier_record>("rk.pairs.barrier", 1)[0].arrived, 150u);
  }
}

TEST_P(barrier_test, members_that_leave_are_waited_for_no_longer) {
  const auto set = session().create_barrier("pairs", first(3));
  auto h = history(3, 0);
  auto options = independent();
  kernel k = session().launch_with(options, probe::meet_named, {3}, {8}, h, set);
  ASSERT_TRUE(reaches(k, 5));
  // Each leaves at its own next safe point, the last one after the others.
  k.stop();
  expect_finished(k);
  EXPECT_EQ(inspect<abi::barrier_record>("rk.pairs.barrier", 1)[0].left, 3u);
  EXPECT_EQ(wrong(), 0u);
}

TEST_P(barrier_test, actors_that_leave_a_grid_synchronous_kernel_hold_up_nobody) {
  for (const std::uint32_t leaver : {2u, 0u}) {
    SCOPED_TRACE(leaver);
    close_session();
    open_session();
    const auto h = history(4, 0);
    kernel k = session().launch_with(impatient(), probe::leave_grid, {4}, {8}, h, leaver);
    const auto all_but_one = [&] {
      auto steps = done();
      std::sort(steps.begin(), steps.end());
      return steps[1];
    };
    ASSERT_TRUE(eventually([&] { return all_but_one() > 100; }));
    try {
      static_cast<void>(k.checkpoint());
      ADD_FAILURE() << "no cut belongs to all actors any more";
    } catch (const error& e) {
      EXPECT_NE(std::string(e.what()).find("no common safe point any more"), std::string::npos)
          << e.what();
    }
    k.stop();
    expect_finished(k);
    EXPECT_EQ(wrong(), 0u);
    EXPECT_EQ(done()[leaver], 19u);
  }
}

TEST_P(barrier_test, cuts_of_kernels_that_meet_only_their_neighbours_belong_to_one_step) {
  const topology t = topology::grid({6, 1, 1});
  ASSERT_EQ(t.reach(), 5u);
  const auto set = session().create_neighbor_barrier("halo", t);
  const auto h = history(6, 0);
  kernel k = session().launch_with(with_neighbors(t), probe::meet_neighbors, {6}, {8}, h, set);
  ASSERT_TRUE(reaches(k, 3));
  for (int cut = 0; cut < 20; ++cut) {
    const checkpoint c = k.checkpoint();
    std::vector<std::byte> bytes;
    c.drain([&](std::span<const std::byte> piece) {
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    });
    std::vector<std::uint64_t> steps(6);
    ASSERT_GE(bytes.size(), steps.size() * 8);
    std::memcpy(steps.data(), &*(bytes.end() - 48), 48);
    EXPECT_EQ(steps, std::vector<std::uint64_t>(6, steps[0]));
  }
  k.preempt();
  const auto before = done();
  EXPECT_EQ(before, std::vector<std::uint64_t>(6, before[0]));
  k.resume();
  ASSERT_TRUE(reaches(k, k.steps() + 10));
  k.stop();
  expect_finished(k);
  EXPECT_EQ(wrong(), 0u);
  const auto after = done();
  EXPECT_EQ(after, std::vector<std::uint64_t>(6, after[0])) << "a stop is at one step for all";
}

TEST_P(barrier_test, a_member_that_never_comes_ends_the_wait_by_its_deadline) {
  // Actor 7 is none of the kernel's.
  const auto set = session().create_barrier("pairs", {0, 1, 7});
  auto options = independent();
  options.wait_deadline = 100ms;
  kernel k = session().launch_with(options, probe::meet_named, {2}, {8}, history(2, 0), set);
  ASSERT_TRUE(k.wait(20s));
  const auto actors = inspect<abi::actor_record>("rk.meet_named.actors", 2);
  EXPECT_EQ(actors[0].exit_status, abi::status::timed_out);
  EXPECT_EQ(actors[0].wait.kind, abi::wait_kind::barrier);
  EXPECT_EQ(actors[0].wait.expected, 3u);
  EXPECT_EQ(actors[0].wait.observed, 2u);
}

TEST_P(barrier_test, what_cannot_be_is_refused_when_it_is_made) {
  EXPECT_THROW(static_cast<void>(session().create_barrier("b", {})), invalid_argument);
  EXPECT_THROW(static_cast<void>(session().create_barrier("b", {0, 1, 0})), invalid_argument);
  EXPECT_THROW(static_cast<void>(session().create_neighborhoods("b", {3, 3}, {0, 1})),
               invalid_argument);
  static_cast<void>(session().create_barrier("b", {0, 1}));
  EXPECT_THROW(static_cast<void>(session().create_barrier("b", {0, 1})), invalid_argument);
  auto far = impatient();
  far.lookahead = 3;
  EXPECT_THROW(
      static_cast<void>(session().launch_with(far, probe::leave_grid, {2}, {8}, history(2, 1), 9u)),
      invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(on, barrier_test, all_backends, backend_name);

}  // namespace
}  // namespace rk::test
