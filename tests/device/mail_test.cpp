// Mailboxes on every back-end: in order, nothing lost, nothing twice, nothing torn, also across
// cuts and preemptions.
#include "device/mail.hpp"

#include <algorithm>
#include <numeric>

#include <rk/error.hpp>

#include "device/device_fixture.hpp"

namespace rk::test {
namespace {

class mail_test : public device_fixture {
 protected:
  probe::mail_history history(std::uint32_t actors, std::uint64_t rounds, bool is_state = false) {
    actors_ = actors;
    return {session().allocate<std::uint64_t>("sent", {actors}),
            session().allocate<std::uint64_t>("received", {actors}, is_state),
            session().allocate<std::uint64_t>("wrong", {actors}), rounds};
  }
  std::uint64_t sum(const std::string& name) {
    const auto values = inspect<std::uint64_t>(name, actors_);
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
  }
  static launch_options with(synchrony sync) {
    launch_options o = impatient();
    o.sync = sync;
    return o;
  }
  void expect_finished(const kernel& k) {
    ASSERT_TRUE(k.wait(history_limit()));
    EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
  }
  [[nodiscard]] topology around() const {
    return on_gpu() ? topology::torus({12, 11, 1}) : topology::torus({3, 3, 1});
  }
  abi::dead_letter_box dead_letters() {
    return inspect<abi::dead_letter_box>("rk.box.dead_letters", 1)[0];
  }

  temporary_folder folder_;

 private:
  std::uint32_t actors_ = 0;
};

TEST_P(mail_test, letters_come_in_order_and_none_is_lost_or_doubled) {
  const topology t = around();
  for (const std::uint32_t depth : {1u, 2u, 16u}) {
    SCOPED_TRACE(depth);
    close_session();
    open_session();
    const auto box = session().create_mailbox<probe::letter>("box", t, {.depth = depth});
    const auto h = history(t.actor_count(), history_length(2'000));
    expect_finished(session().launch_with(with(synchrony::independent), probe::post_letters,
                                          {t.actor_count()}, {4}, h, box));
    EXPECT_EQ(sum("received"), 4 * h.rounds * t.actor_count());
    EXPECT_EQ(sum("wrong"), 0u);
    const auto channels = inspect<abi::mail_channel>("rk.box.channels", 4 * t.actor_count());
    for (const auto& c : channels) {
      ASSERT_EQ(c.sent, h.rounds);
      ASSERT_EQ(c.taken, h.rounds);
      ASSERT_LE(c.high_water, depth);
      ASSERT_GE(c.high_water, 1u);
    }
  }
}

TEST_P(mail_test, a_letter_that_comes_twice_or_not_at_all_is_caught) {
  for (const auto fault : {probe::mail_fault::sends_twice, probe::mail_fault::drops}) {
    close_session();
    open_session();
    const auto box =
        session().create_mailbox<probe::letter>("box", topology::ring(3), {.depth = 64});
    auto h = history(3, 200);
    h.fault = fault;
    auto o = with(synchrony::independent);
    o.wait_deadline = 300ms;
    kernel k = session().launch_with(o, probe::post_letters, {3}, {4}, h, box);
    ASSERT_TRUE(k.wait(patience));
    EXPECT_GT(sum("wrong"), 0u);
  }
}

TEST_P(mail_test, neighbours_exchange_and_a_common_cut_holds_what_is_on_its_way) {
  const topology t = around();
  const auto box = session().create_mailbox<probe::letter>("box", t);
  const auto h = history(t.actor_count(), history_length(2'000));
  auto o = with(synchrony::neighbors);
  o.lookahead = t.reach();
  kernel k = session().launch_with(o, probe::exchange_letters, {t.actor_count()}, {4}, h, box);
  for (int cut = 0; cut < 5 && k.state() == kernel::state::running; ++cut) {
    const checkpoint c = k.checkpoint();
    std::vector<abi::mail_channel> channels(4 * t.actor_count());
    c.read("rk.box.channels", channels.data(), channels.size() * sizeof(channels[0]));
    for (const auto& channel : channels) EXPECT_EQ(channel.sent, channel.taken);
  }
  expect_finished(k);
  EXPECT_EQ(sum("received"), 4 * h.rounds * t.actor_count());
  EXPECT_EQ(sum("wrong"), 0u);
}

TEST_P(mail_test, parcels_arrive_whole) {
  const topology t = topology::ring(4);
  const auto box = session().create_mailbox<probe::parcel>("box", t, {.depth = 2});
  const auto h = history(4, history_length(3'000));
  expect_finished(session().launch_with(with(synchrony::independent), probe::post_parcels, {4},
                                        {on_gpu() ? 64u : 4u}, h, box));
  EXPECT_EQ(sum("received"), 2 * h.rounds * 4);
  EXPECT_EQ(sum("wrong"), 0u);
}

TEST_P(mail_test, a_gatherer_takes_all_that_its_neighbours_sent_before_they_left) {
  std::vector<std::vector<std::uint32_t>> star(6, {0});
  star[0] = {1, 2, 3, 4, 5};
  const auto box = session().create_mailbox<probe::letter>("box", topology::custom(star));
  const auto h = history(6, history_length(3'000));
  expect_finished(
      session().launch_with(with(synchrony::independent), probe::gather, {6}, {4}, h, box));
  EXPECT_EQ(inspect<std::uint64_t>("received", 6)[0], 5 * h.rounds);
  EXPECT_EQ(sum("wrong"), 0u);
}

TEST_P(mail_test, a_full_mailbox_and_a_neighbour_that_is_gone_say_so) {
  for (const bool leaves : {false, true}) {
    SCOPED_TRACE(leaves);
    close_session();
    open_session();
    const auto box =
        session().create_mailbox<probe::letter>("box", topology::grid({2}), {.depth = 4});
    auto* results = session().allocate<std::uint64_t>("results", {5});
    kernel k = session().launch_with(with(synchrony::independent), probe::overfill, {2}, {4},
                                     results, box, leaves);
    ASSERT_TRUE(eventually([&] { return inspect<std::uint64_t>("results", 5)[3] != 0; }));
    k.stop();
    expect_finished(k);
    const auto r = inspect<std::uint64_t>("results", 5);
    const auto is = [&](std::size_t i, abi::status s) {
      return r[i] == static_cast<std::uint64_t>(s);
    };
    EXPECT_EQ(r[0], 4u);
    EXPECT_TRUE(is(1, abi::status::full) || (leaves && is(1, abi::status::gone))) << r[1];
    EXPECT_TRUE(is(2, leaves ? abi::status::gone : abi::status::timed_out)) << r[2];
    EXPECT_TRUE(is(3, abi::status::nobody)) << r[3];
    EXPECT_TRUE(is(4, abi::status::empty) || (leaves && is(4, abi::status::gone))) << r[4];
    const auto dead = dead_letters();
    EXPECT_GE(dead.count, 1u);
    const auto& last = dead.last[dead.count % abi::kept_dead_letters];
    EXPECT_EQ(last.reason, abi::status::nobody);
    EXPECT_EQ(last.from, 0u);
    EXPECT_EQ(last.to, 9u);
  }
}

TEST_P(mail_test, independent_actors_come_out_of_their_mailboxes_for_cuts_and_preemptions) {
  const topology t = topology::ring(5);
  const auto box = session().create_mailbox<probe::letter>("box", t, {.depth = 2});
  const auto h = history(5, 1'000'000'000);
  kernel k =
      session().launch_with(with(synchrony::independent), probe::post_letters, {5}, {4}, h, box);
  ASSERT_TRUE(eventually([&] { return sum("received") > 100; }));
  for (int cut = 0; cut < 20; ++cut) {
    const checkpoint c = k.checkpoint({.limit = 20s, .then_leave = false, .base = {}});
    EXPECT_GT(c.pause().count(), 0);
    std::vector<abi::mail_channel> channels(10);
    c.read("rk.box.channels", channels.data(), channels.size() * sizeof(channels[0]));
    for (const auto& channel : channels) {
      EXPECT_GE(channel.sent, channel.taken);
      EXPECT_LE(channel.sent - channel.taken, 2u);
    }
  }
  const std::uint64_t before = sum("received");
  EXPECT_TRUE(eventually([&] { return sum("received") > before + 100; }));
  k.stop();
  ASSERT_TRUE(k.wait(patience));
  EXPECT_EQ(sum("wrong"), 0u);
}

TEST_P(mail_test, an_exchange_that_was_interrupted_does_not_send_again) {
  const topology t = around();
  const auto box = session().create_mailbox<probe::letter>("box", t);
  const auto h = history(t.actor_count(), 1'000'000'000);
  kernel k = session().launch_with(with(synchrony::independent), probe::exchange_letters,
                                   {t.actor_count()}, {4}, h, box);
  std::uint64_t interrupted = 0;
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t before = sum("received");
    ASSERT_TRUE(eventually([&] { return sum("received") > before + 100; })) << round;
    k.preempt();
    for (const auto& c : inspect<abi::mail_channel>("rk.box.channels", 4 * t.actor_count())) {
      interrupted += c.exchange_is_open;
    }
    k.resume();
  }
  const std::uint64_t before = sum("received");
  EXPECT_TRUE(eventually([&] { return sum("received") > before + 100; }));
  EXPECT_GT(interrupted, 0u) << "no exchange was interrupted: nothing was tested";
  k.stop();
  ASSERT_TRUE(k.wait(patience));
  EXPECT_EQ(sum("wrong"), 0u);
}

TEST_P(mail_test, an_exchange_that_was_saved_open_goes_on_when_it_is_restored) {
  const topology t = around();
  const auto file = folder_.path() / "exchange.safetensors";
  const auto endless = [&] { return history(t.actor_count(), 1'000'000'000, true); };
  {
    const auto box = session().create_mailbox<probe::letter>("box", t);
    kernel k = session().launch_with(with(synchrony::independent), probe::exchange_letters,
                                     {t.actor_count()}, {4}, endless(), box);
    ASSERT_TRUE(eventually([&] { return sum("received") > 100; }));
    std::uint64_t open = 0;
    // Nearly always some actor is within an exchange when it is asked.
    ASSERT_TRUE(eventually([&] {
      const checkpoint c = k.checkpoint();
      std::vector<abi::mail_channel> channels(4 * t.actor_count());
      c.read("rk.box.channels", channels.data(), channels.size() * sizeof(channels[0]));
      for (const auto& channel : channels) open += channel.exchange_is_open;
      if (open != 0) c.save(file);
      return open != 0;
    }));
    k.stop();
    ASSERT_TRUE(k.wait(patience));
  }
  close_session();
  open_session();
  const auto box = session().create_mailbox<probe::letter>("box", t);
  const auto h = endless();
  session().restore(file);
  const std::uint64_t before = sum("received");
  kernel k = session().launch_with(with(synchrony::independent), probe::exchange_letters,
                                   {t.actor_count()}, {4}, h, box);
  EXPECT_TRUE(eventually([&] { return sum("received") > before + 100; }));
  k.stop();
  ASSERT_TRUE(k.wait(patience));
  EXPECT_EQ(sum("wrong"), 0u);
}

TEST_P(mail_test, a_restored_mailbox_holds_what_was_on_its_way) {
  const topology t = topology::ring(5);
  const auto file = folder_.path() / "box.safetensors";
  std::vector<abi::mail_channel> saved(10);
  {
    const auto box = session().create_mailbox<probe::letter>("box", t, {.depth = 4});
    const auto h = history(5, 1'000'000'000);
    kernel k =
        session().launch_with(with(synchrony::independent), probe::post_letters, {5}, {4}, h, box);
    ASSERT_TRUE(eventually([&] { return sum("received") > 100; }));
    const checkpoint c = k.checkpoint();
    c.save(file);
    c.read("rk.box.channels", saved.data(), saved.size() * sizeof(saved[0]));
    k.stop();
    ASSERT_TRUE(k.wait(patience));
  }
  close_session();
  open_session();
  static_cast<void>(session().create_mailbox<probe::letter>("box", t, {.depth = 4}));
  session().restore(file);
  const auto now = inspect<abi::mail_channel>("rk.box.channels", 10);
  for (std::size_t i = 0; i < now.size(); ++i) {
    EXPECT_EQ(now[i].sent, saved[i].sent);
    EXPECT_EQ(now[i].taken, saved[i].taken);
  }
}

TEST_P(mail_test, what_cannot_be_is_refused_when_it_is_made) {
  const topology t = topology::ring(3);
  for (const std::uint32_t depth : {0u, 3u, 1u << 21}) {
    EXPECT_THROW(
        static_cast<void>(session().create_mailbox<probe::letter>("b", t, {.depth = depth})),
        invalid_argument);
  }
  EXPECT_THROW(static_cast<void>(session().create_mailbox<probe::letter>("b", topology::grid({1}))),
               invalid_argument);
  EXPECT_THROW(static_cast<void>(topology::custom({{1}, {}})), invalid_argument) << "one-way";
  EXPECT_THROW(static_cast<void>(topology::custom({{5}, {0}})), invalid_argument) << "nobody there";
  EXPECT_THROW(static_cast<void>(topology::custom({{1, 1}, {0}})), invalid_argument) << "twice";
  EXPECT_THROW(static_cast<void>(topology::custom({{0}})), invalid_argument) << "itself";
  static_cast<void>(session().create_mailbox<probe::letter>("b", t));
  EXPECT_THROW(static_cast<void>(session().create_mailbox<probe::letter>("b", t)),
               invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(on, mail_test, all_backends, backend_name);

}  // namespace
}  // namespace rk::test
