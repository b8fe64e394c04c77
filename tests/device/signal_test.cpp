// Signals and commands on every back-end: nothing is lost, nothing comes twice, everybody wakes up
// for what matters.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <numeric>
#include <random>
#include <thread>

#include <rk/device/signal.cuh>
#include <rk/error.hpp>

#include "device/device_fixture.hpp"
#include "device/signals.hpp"

namespace rk::test {
namespace {

constexpr std::uint32_t blocks = 3;

class signal_test : public device_fixture {
 protected:
  static launch_options options(synchrony sync) {
    launch_options o = impatient();
    o.sync = sync;
    return o;
  }
  probe::signal_history signal_history(std::uint32_t actors = blocks,
                                       const std::string& suffix = "") {
    return {session().allocate<std::uint64_t>("wakes" + suffix, {actors}),
            session().allocate<std::uint64_t>("flags" + suffix, {actors}),
            session().allocate<std::uint64_t>("timeouts" + suffix, {actors}),
            session().allocate<std::uint64_t>("interrupts" + suffix, {actors})};
  }
  probe::command_history command_history(probe::command_fault fault = {},
                                         const std::string& suffix = "") {
    return {session().allocate<std::uint64_t>("taken" + suffix, {blocks}),
            session().allocate<std::uint64_t>("next" + suffix, {blocks, probe::max_senders}),
            session().allocate<std::uint64_t>("wrong" + suffix, {blocks}), fault};
  }
  kernel listen(synchrony sync, std::uint32_t what, std::chrono::nanoseconds limit = {}) {
    return session().launch_with(options(sync), probe::listen, {blocks}, {32}, signal_history(),
                                 what, static_cast<std::uint64_t>(limit.count()));
  }
  std::vector<std::uint64_t> all(const std::string& name) {
    return inspect<std::uint64_t>(name, blocks);
  }
  bool all_are(const std::string& name, std::uint64_t wanted) {
    return eventually([&] { return all(name) == std::vector<std::uint64_t>(blocks, wanted); });
  }
  static void expect_stop(kernel& k) {
    k.stop();
    ASSERT_TRUE(k.wait(patience));
    EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
  }
  std::uint32_t sent_ = 0;

  /// Each of several threads sends its commands, numbered from 0. Returns how often there was no
  /// room.
  std::uint64_t send(kernel& k, const command_queue<probe::numbered_command>& queue,
                     std::uint32_t senders, std::uint32_t commands, bool waits) {
    std::atomic<std::uint64_t> rejected = 0;
    std::vector<std::jthread> threads;
    for (std::uint32_t s = 0; s < senders; ++s) {
      threads.emplace_back([&, s] {
        for (std::uint32_t n = 0; n < commands; ++n) {
          const probe::numbered_command c{s, n, {n, 0, ~std::uint64_t{n}}};
          if (waits) {
            ASSERT_EQ(k.call(queue, c, 60s).value, n);
            continue;
          }
          while (k.post(queue, c) != abi::status::ok) {
            ++rejected;
            std::this_thread::yield();
          }
        }
      });
    }
    threads.clear();
    return rejected;
  }
};

/// A host that rings in bursts, and says before each time how often each flag was raised.
class bell_test : public signal_test {
 protected:
  static_assert(blocks == probe::bell_actors);
  using flag_table = std::vector<std::uint64_t>;

  kernel listen(synchrony sync, bool forgets) {
    history_.seen = session().allocate<std::uint64_t>("seen", {blocks, 32});
    history_.told = session().allocate<std::uint64_t>("told", {blocks, 32});
    for (std::uint32_t a = 0; a < blocks; ++a) {
      history_.raised[a] =
          session().create_coherent_region<probe::raised_flags>("raised" + std::to_string(a));
    }
    history_.forgets = forgets;
    raised_ = {};
    return session().launch_with(options(sync), probe::hear_bell, {blocks}, {block_of(32)},
                                 history_);
  }
  /// False once an actor has not heard of all within the limit.
  bool ring_in_bursts(kernel& k, std::uint64_t notifications, std::chrono::seconds limit) {
    std::uint64_t count = 0;
    while (count < notifications) {
      const std::uint64_t burst =
          std::min<std::uint64_t>(1 + random_() % 2'000, notifications - count);
      for (std::uint64_t i = 0; i < burst; ++i) ring(k);
      count += burst;
      if (!eventually([&] { return has_seen_all(); }, limit)) return false;
    }
    return true;
  }
  void expect_told_no_more_than_raised() {
    const flag_table told = inspect<std::uint64_t>("told", blocks * 32);
    for (std::uint32_t i = 0; i < blocks * 32; ++i) EXPECT_LE(told[i], raised_.times[i % 32]);
  }
  bool has_seen_all() {
    const flag_table seen = inspect<std::uint64_t>("seen", blocks * 32);
    for (std::uint32_t i = 0; i < blocks * 32; ++i) {
      if (seen[i] != raised_.times[i % 32]) return false;
    }
    return true;
  }

 private:
  void ring(kernel& k) {
    std::uint32_t flags = 0;
    while (flags == 0) flags = static_cast<std::uint32_t>(random_() & random_());
    for (std::uint32_t f = 0; f < 32; ++f) raised_.times[f] += flags >> f & 1;
    for (const auto& region : history_.raised) {
      coherent_write(region, std::span<const probe::raised_flags>(&raised_, 1));
    }
    k.notify(flags);
  }
  probe::bell_history history_{};
  probe::raised_flags raised_{};
  std::mt19937 random_{7};
};

constexpr synchrony both[] = {synchrony::independent, synchrony::grid};

TEST_P(signal_test, a_notification_reaches_every_actor) {
  for (const synchrony sync : both) {
    close_session();
    open_session();
    kernel k = listen(sync, on::host_signal);
    ASSERT_TRUE(k.wait_idle(patience));
    std::uint64_t raised = 0;
    for (const std::uint32_t flags : {1u, 4u, 0x8000'0001u}) {
      k.notify(flags);
      raised |= flags;
      ASSERT_TRUE(all_are("flags", raised));
      ASSERT_TRUE(k.wait_idle(patience));
    }
    EXPECT_TRUE(all_are("wakes", 3));
    EXPECT_THROW(k.notify(0), invalid_argument);
    expect_stop(k);
  }
}

TEST_P(signal_test, flags_raised_while_nobody_looked_are_all_told) {
  for (const synchrony sync : both) {
    close_session();
    open_session();
    kernel k = listen(sync, on::host_signal);
    ASSERT_TRUE(k.wait_idle(patience));
    // Far quicker than anybody can look.
    for (std::uint32_t f = 0; f < 32; ++f) k.notify(1u << f);
    EXPECT_TRUE(all_are("flags", 0xffff'ffff));
    ASSERT_TRUE(k.wait_idle(patience));
    expect_stop(k);
  }
}

TEST_P(bell_test, no_flag_is_lost_and_what_was_written_before_is_seen) {
  for (const synchrony sync : both) {
    close_session();
    open_session();
    kernel k = listen(sync, false);
    ASSERT_TRUE(ring_in_bursts(k, history_length(20'000), patience));
    expect_told_no_more_than_raised();
    expect_stop(k);
  }
}

TEST_P(bell_test, an_actor_that_forgets_a_flag_is_caught) {
  kernel k = listen(synchrony::independent, true);
  EXPECT_FALSE(ring_in_bursts(k, 1'000'000, 1s));
  ASSERT_TRUE(k.wait_idle(patience));
  EXPECT_FALSE(has_seen_all()) << "it was slow, and did not forget";
  for (const std::uint64_t told : inspect<std::uint64_t>("told", blocks * 32)) EXPECT_GT(told, 0u);
  expect_stop(k);
}

TEST_P(signal_test, a_wait_ends_at_its_limit_and_without_one_it_does_not) {
  kernel limited = listen(synchrony::grid, on::host_signal | on::timeout, 2ms);
  ASSERT_TRUE(eventually([&] { return all("timeouts")[0] >= 3; }));
  expect_stop(limited);
}

TEST_P(signal_test, an_idle_actor_says_so_and_has_no_deadline) {
  auto o = options(synchrony::independent);
  o.wait_deadline = 1ms;
  kernel k = session().launch_with(o, probe::listen, {blocks}, {32}, signal_history(),
                                   on::host_signal, 0u);
  ASSERT_TRUE(k.wait_idle(patience));
  EXPECT_FALSE(k.wait(100ms));
  for (const auto& a : inspect<abi::actor_record>("rk.listen.actors", blocks)) {
    EXPECT_EQ(a.state, abi::actor_state::running);
    EXPECT_EQ(a.wait.kind, abi::wait_kind::idle);
    EXPECT_NE(a.wait.source_line, 0u);
  }
  k.abort();
  ASSERT_TRUE(k.wait(patience));
  for (const auto& a : inspect<abi::actor_record>("rk.listen.actors", blocks)) {
    EXPECT_EQ(a.exit_status, abi::status::aborted);
  }
}

TEST_P(signal_test, idle_actors_come_out_for_cuts_and_preemptions) {
  for (const synchrony sync : both) {
    close_session();
    open_session();
    kernel k = listen(sync, on::host_signal);
    ASSERT_TRUE(k.wait_idle(patience));
    if (sync == synchrony::grid) {
      for (int cut = 0; cut < 3; ++cut) {
        static_cast<void>(k.checkpoint());
        ASSERT_TRUE(k.wait_idle(patience));
      }
    }
    k.preempt({.urgency = 0, .limit = 20s});
    k.notify(8);
    k.resume();
    EXPECT_TRUE(all_are("flags", 8)) << "what was raised while the kernel was away is told";
    k.notify(16);
    EXPECT_TRUE(all_are("flags", 24));
    expect_stop(k);
  }
}

TEST_P(signal_test, actors_wake_each_other) {
  constexpr std::uint32_t actors = 4;
  const std::uint32_t kernels = history_kernels(GetParam());
  const std::uint64_t rounds = history_length(5'000) / kernels;
  std::vector<kernel> running;
  for (std::uint32_t n = 0; n < kernels; ++n) {
    running.push_back(session().launch_with(options(synchrony::independent), probe::relay, {actors},
                                            {block_of(32)},
                                            signal_history(actors, std::to_string(n)), rounds));
  }
  for (std::uint32_t n = 0; n < kernels; ++n) {
    ASSERT_TRUE(running[n].wait(history_limit()));
    EXPECT_EQ(running[n].state(), kernel::state::finished) << running[n].error();
    const auto wakes = inspect<std::uint64_t>("wakes" + std::to_string(n), actors);
    for (std::uint32_t a = 1; a < actors; ++a) EXPECT_EQ(wakes[a], rounds);
    EXPECT_GE(wakes[0], rounds);
    EXPECT_EQ(inspect<std::uint64_t>("flags" + std::to_string(n), actors),
              (std::vector<std::uint64_t>{14, 2, 4, 8}));
  }
}

TEST_P(signal_test, every_idle_policy_wakes_up) {
  for (const auto policy : {idle_policy::hot, idle_policy::balanced, idle_policy::frugal}) {
    close_session();
    open_session();
    auto o = options(synchrony::independent);
    o.idle = policy;
    kernel k = session().launch_with(o, probe::listen, {blocks}, {32}, signal_history(),
                                     on::host_signal, 0u);
    ASSERT_TRUE(k.wait_idle(patience));
    for (std::uint64_t n = 1; n <= 20; ++n) {
      k.notify(1);
      ASSERT_TRUE(all_are("wakes", n));
    }
    expect_stop(k);
  }
}

TEST_P(signal_test, commands_come_in_order_and_none_is_lost_or_doubled) {
  constexpr std::uint32_t senders = 4;
  const std::uint32_t kernels = history_kernels(GetParam());
  const auto commands = static_cast<std::uint32_t>(history_length(5'000) / senders / kernels);
  const std::uint64_t total = std::uint64_t{senders} * commands;
  for (const synchrony sync : both) {
    close_session();
    open_session();
    std::vector<kernel> running;
    running.reserve(kernels);
    std::vector<std::jthread> posting;
    for (std::uint32_t n = 0; n < kernels; ++n) {
      const std::string suffix = std::to_string(n);
      const auto queue = session().create_command_queue<probe::numbered_command>("orders" + suffix);
      running.push_back(session().launch_with(options(sync), probe::obey, {blocks}, {block_of(32)},
                                              command_history({}, suffix), queue));
      posting.emplace_back([&, n, queue] { send(running[n], queue, senders, commands, false); });
    }
    posting.clear();
    for (std::uint32_t n = 0; n < kernels; ++n) {
      const std::string suffix = std::to_string(n);
      const auto counters = [&] {
        return inspect<abi::command_counters>("rk.orders" + suffix + ".commands", 1)[0];
      };
      ASSERT_TRUE(eventually([&] { return all("taken" + suffix)[0] == total; }, history_limit()))
          << all("taken" + suffix)[0];
      if (sync == synchrony::grid) {
        EXPECT_TRUE(all_are("taken" + suffix, total));
      }
      EXPECT_EQ(all("wrong" + suffix), std::vector<std::uint64_t>(blocks, 0));
      EXPECT_EQ(counters().posted, total);
      EXPECT_TRUE(eventually([&] { return counters().acknowledged == total; }));
      expect_stop(running[n]);
    }
  }
}

TEST_P(signal_test, a_reader_that_skips_or_doubles_a_command_is_caught) {
  for (const auto fault : {probe::command_fault::skips, probe::command_fault::takes_twice}) {
    close_session();
    open_session();
    const auto queue = session().create_command_queue<probe::numbered_command>("orders");
    kernel k = session().launch_with(options(synchrony::independent), probe::obey, {blocks},
                                     {block_of(32)}, command_history(fault), queue);
    send(k, queue, 1, 500, true);
    EXPECT_GT(all("wrong")[0], 0u);
    expect_stop(k);
  }
}

TEST_P(signal_test, calls_of_many_threads_each_get_their_own_answer) {
  const auto queue =
      session().create_command_queue<probe::numbered_command>("orders", {.depth = 4});
  kernel k = session().launch_with(options(synchrony::grid), probe::obey, {blocks}, {block_of(32)},
                                   command_history(), queue);
  send(k, queue, 6, static_cast<std::uint32_t>(history_length(3'000) / 6), true);
  EXPECT_EQ(all("wrong"), std::vector<std::uint64_t>(blocks, 0));
  expect_stop(k);
}

TEST_P(signal_test, a_large_command_arrives_whole_in_every_block) {
  const auto queue = session().create_command_queue<probe::large_command>("orders", {.depth = 2});
  auto* sums = session().allocate<std::uint64_t>("sums", {blocks});
  kernel k = session().launch_with(options(synchrony::grid), probe::add_up, {blocks},
                                   {block_of(64)}, sums, queue);
  std::uint64_t expected = 0;
  for (std::uint64_t n = 1; n <= history_length(2'000); ++n) {
    probe::large_command c;
    std::iota(std::begin(c.words), std::end(c.words), n);
    expected += blocks * std::accumulate(std::begin(c.words), std::end(c.words), std::uint64_t{0});
    const command_answer a = k.call(queue, c);
    ASSERT_EQ(a.value, expected);
    EXPECT_GT(a.round_trip.count(), 0);
  }
  expect_stop(k);
}

TEST_P(signal_test, a_full_queue_says_so_and_a_call_does_not_wait_for_ever) {
  const auto queue = session().create_command_queue<std::uint64_t>("orders", {.depth = 4});
  kernel k =
      session().launch_with(options(synchrony::independent), probe::ignore, {1}, {32}, queue);
  for (std::uint64_t n = 0; n < 4; ++n) EXPECT_EQ(k.post(queue, n), abi::status::ok);
  EXPECT_EQ(k.post(queue, std::uint64_t{4}), abi::status::full);
  EXPECT_THROW(k.call(queue, std::uint64_t{5}, 50ms), timeout);
  EXPECT_EQ(inspect<abi::command_counters>("rk.orders.commands", 1)[0].rejected, 1u);
  std::jthread ending([&] {
    std::this_thread::sleep_for(20ms);
    k.stop();
  });
  EXPECT_THROW(k.call(queue, std::uint64_t{6}, patience), error);
}

TEST_P(signal_test, commands_outlive_a_preemption_and_the_kernel) {
  const auto queue = session().create_command_queue<probe::numbered_command>("orders");
  const auto h = command_history();
  for (int launch = 0; launch < 2; ++launch) {
    kernel k =
        session().launch_with(options(synchrony::grid), probe::obey, {blocks}, {32}, h, queue);
    for (int round = 0; round < 3; ++round) {
      k.preempt({.urgency = 0, .limit = 20s});
      for (std::uint32_t i = 0; i < 10; ++i) {
        const std::uint32_t n = sent_++;
        ASSERT_EQ(k.post(queue, {0, n, {n, 0, ~std::uint64_t{n}}}), abi::status::ok);
      }
      k.resume();
      ASSERT_TRUE(all_are("taken", sent_));
    }
    expect_stop(k);
    // Left for the next kernel.
    const std::uint32_t n = sent_++;
    ASSERT_EQ(k.post(queue, {0, n, {n, 0, ~std::uint64_t{n}}}), abi::status::ok);
  }
  EXPECT_EQ(all("wrong"), std::vector<std::uint64_t>(blocks, 0));
}

TEST_P(signal_test, what_cannot_be_is_refused) {
  for (const std::uint32_t depth : {0u, 1u, 3u, 100u, 131'072u}) {
    EXPECT_THROW(static_cast<void>(
                     session().create_command_queue<std::uint64_t>("orders", {.depth = depth})),
                 invalid_argument);
  }
  const auto queue = session().create_command_queue<std::uint64_t>("orders");
  EXPECT_THROW(static_cast<void>(session().create_command_queue<std::uint64_t>("orders")),
               invalid_argument);
  rk::session other({.name = "other", .backend = GetParam(), .serve = false});
  const auto foreign = other.create_command_queue<std::uint64_t>("orders");
  kernel k =
      session().launch_with(options(synchrony::independent), probe::ignore, {1}, {32}, queue);
  EXPECT_THROW(static_cast<void>(k.post(foreign, std::uint64_t{1})), invalid_argument);
  EXPECT_THROW(k.call(foreign, std::uint64_t{1}), invalid_argument);
  // A session's memory can be given back only while nothing runs on the GPU.
  k.stop();
  ASSERT_TRUE(k.wait(patience));
}

INSTANTIATE_TEST_SUITE_P(on, signal_test, all_backends, backend_name);
INSTANTIATE_TEST_SUITE_P(on, bell_test, all_backends, backend_name);

}  // namespace
}  // namespace rk::test
