// Post offices on every back-end: letters of each sender in order, none lost, twice or torn, also
// between kernels and across cuts.
#include "device/office.hpp"

#include <numeric>

#include <rk/error.hpp>

#include "device/device_fixture.hpp"

namespace rk::test {
namespace {

class office_test : public device_fixture {
 protected:
  probe::mail_history history(std::uint32_t actors, std::uint64_t rounds,
                              const std::string& of = "") {
    return {session().allocate<std::uint64_t>("sent" + of, {actors}, true),
            session().allocate<std::uint64_t>("received" + of, {actors}, true),
            session().allocate<std::uint64_t>("wrong" + of, {actors}, true), rounds};
  }
  std::uint64_t* expected(std::uint32_t actors, const std::string& of = "") {
    return session().allocate<std::uint64_t>("expected" + of, {actors, actors}, true);
  }
  std::uint64_t sum(const std::string& name, std::uint32_t actors) {
    const auto values = inspect<std::uint64_t>(name, actors);
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
  }
  static launch_options alone() {
    launch_options o = impatient();
    o.sync = synchrony::independent;
    return o;
  }
  [[nodiscard]] std::uint32_t crowd() const { return on_gpu() ? 132 : 5; }

  temporary_folder folder_;
};

TEST_P(office_test, letters_of_each_sender_come_in_order_and_none_is_lost_or_doubled) {
  for (const std::uint32_t depth : {1u, 4u, 64u}) {
    SCOPED_TRACE(depth);
    close_session();
    open_session();
    const std::uint32_t actors = crowd();
    const auto office = session().create_post_office("office", {actors}, {.depth = depth});
    const auto h = history(actors, history_length(500) / (actors - 1) * (actors - 1) + actors - 1);
    kernel k = session().launch_with(alone(), probe::correspond, {actors}, {4}, h, office,
                                     expected(actors));
    ASSERT_TRUE(k.wait(history_limit()));
    EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
    EXPECT_EQ(sum("received", actors), h.rounds * actors);
    EXPECT_EQ(sum("wrong", actors), 0u);
    for (const auto& box : inspect<abi::inbox>("rk.office.inboxes", actors)) {
      EXPECT_EQ(box.claimed, h.rounds);
      EXPECT_EQ(box.taken, h.rounds);
      EXPECT_LE(box.high_water, depth);
      EXPECT_GE(box.high_water, 1u);
    }
  }
}

TEST_P(office_test, a_letter_that_comes_twice_is_caught) {
  const auto office = session().create_post_office("office", {3});
  auto h = history(3, 200);
  h.fault = probe::mail_fault::sends_twice;
  auto o = alone();
  o.wait_deadline = 300ms;
  kernel k = session().launch_with(o, probe::correspond, {3}, {4}, h, office, expected(3));
  ASSERT_TRUE(k.wait(patience));
  EXPECT_GT(sum("wrong", 3), 0u);
}

TEST_P(office_test, what_does_not_work_says_so_and_is_kept_as_a_dead_letter) {
  using probe::misuse;
  const auto office = session().create_post_office(
      "office", {2}, {.letter_bytes = sizeof(probe::note), .depth = 4});
  auto* results =
      session().allocate<std::uint64_t>("results", {static_cast<std::size_t>(misuse::count)});
  kernel k = session().launch_with(alone(), probe::misuse_office, {2}, {4}, results, office);
  ASSERT_TRUE(k.wait(patience));
  EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
  const auto r = inspect<std::uint64_t>("results", static_cast<std::size_t>(misuse::count));
  const auto at = [&](misuse m) { return r[static_cast<std::size_t>(m)]; };
  const auto is = [&](misuse m, abi::status s) { return at(m) == static_cast<std::uint64_t>(s); };
  EXPECT_EQ(at(misuse::done), 1u);
  EXPECT_TRUE(is(misuse::no_such_block, abi::status::nobody));
  EXPECT_TRUE(is(misuse::no_such_kernel, abi::status::nobody));
  EXPECT_TRUE(is(misuse::too_large, abi::status::wrong_size));
  EXPECT_TRUE(is(misuse::empty, abi::status::empty));
  EXPECT_TRUE(is(misuse::other_size, abi::status::wrong_size));
  EXPECT_EQ(at(misuse::peeked_bytes), 4u);
  EXPECT_EQ(at(misuse::sent), 4u);
  EXPECT_TRUE(is(misuse::when_full, abi::status::full));
  EXPECT_TRUE(is(misuse::when_gone, abi::status::gone));
  const auto dead = inspect<abi::dead_letter_box>("rk.office.dead_letters", 1)[0];
  EXPECT_EQ(dead.count, 4u);
  EXPECT_EQ(dead.last[1].reason, abi::status::nobody);
  EXPECT_EQ(dead.last[3].reason, abi::status::wrong_size);
  EXPECT_EQ(dead.last[3].bytes, sizeof(probe::parcel));
  EXPECT_EQ(dead.last[4].reason, abi::status::gone);
  EXPECT_EQ(dead.last[4].to, 1u);
  EXPECT_GE(inspect<abi::inbox>("rk.office.inboxes", 2)[1].rejected, 1u);
}

TEST_P(office_test, a_cut_holds_the_letters_under_way_and_a_restore_brings_them_back) {
  const std::uint32_t actors = 5;
  const auto file = folder_.path() / "office.safetensors";
  std::uint64_t saved = 0;
  const std::uint64_t rounds = history_length(4'000) / 4 * 4;
  {
    const auto office = session().create_post_office("office", {actors}, {.depth = 8});
    const auto h = history(actors, rounds);
    kernel k = session().launch_with(alone(), probe::correspond, {actors}, {4}, h, office,
                                     expected(actors));
    ASSERT_TRUE(eventually([&] { return sum("received", actors) > 50; }));
    const checkpoint c = k.checkpoint({.limit = 20s, .then_leave = true, .base = {}});
    c.save(file);
    std::vector<abi::inbox> boxes(actors);
    c.read("rk.office.inboxes", boxes.data(), boxes.size() * sizeof(boxes[0]));
    for (const auto& b : boxes) {
      ASSERT_GE(b.claimed, b.taken);
      saved += b.claimed - b.taken;
    }
    std::vector<std::uint64_t> sent(actors), received(actors);
    c.read("sent", sent.data(), actors * 8);
    c.read("received", received.data(), actors * 8);
    EXPECT_EQ(std::accumulate(sent.begin(), sent.end(), std::uint64_t{0}) -
                  std::accumulate(received.begin(), received.end(), std::uint64_t{0}),
              saved);
    ASSERT_TRUE(k.wait(patience));
  }
  close_session();
  open_session();
  const auto office = session().create_post_office("office", {actors}, {.depth = 8});
  const auto h = history(actors, rounds);
  auto* numbers = expected(actors);
  session().restore(file);
  kernel k = session().launch_with(alone(), probe::correspond, {actors}, {4}, h, office, numbers);
  ASSERT_TRUE(k.wait(history_limit()));
  EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
  EXPECT_EQ(sum("received", actors), rounds * actors);
  EXPECT_EQ(sum("wrong", actors), 0u);
}

TEST_P(office_test, what_cannot_be_is_refused_when_it_is_made) {
  const auto make = [&](const std::vector<std::uint32_t>& blocks, const post_office_options& o) {
    static_cast<void>(session().create_post_office("office", blocks, o));
  };
  EXPECT_THROW(make({}, {}), invalid_argument);
  EXPECT_THROW(make({3, 0}, {}), invalid_argument);
  EXPECT_THROW(make({3}, {.letter_bytes = 0}), invalid_argument);
  EXPECT_THROW(make({3}, {.letter_bytes = 5000}), invalid_argument);
  EXPECT_THROW(make({3}, {.depth = 3}), invalid_argument);
  EXPECT_THROW(make({3}, {.depth = 0}), invalid_argument);
  make({3}, {});
  EXPECT_THROW(make({3}, {}), invalid_argument) << "taken";
}

INSTANTIATE_TEST_SUITE_P(on, office_test, all_backends, backend_name);

}  // namespace
}  // namespace rk::test
