// The flight recorder on every back-end: the latest events of each actor, in order, none torn.
#include "device/diary.hpp"

#include <algorithm>
#include <map>

#include <rk/abi/event.hpp>
#include <rk/device/signal.cuh>
#include <rk/error.hpp>

#include "device/device_fixture.hpp"
#include "device/probe.hpp"
#include "device/signals.hpp"

namespace rk::test {
namespace {

using abi::event;
using abi::event_kind;

class diary_test : public device_fixture {
 protected:
  static constexpr std::uint32_t blocks = 3;

  static launch_options at(instrumentation level, std::uint32_t kept = 64) {
    launch_options o = impatient();
    o.level = level;
    o.kept_events = kept;
    return o;
  }
  kernel busy_day(const launch_options& o, std::uint64_t rounds) {
    const topology ring = topology::ring(blocks);
    return session().launch_with(o, probe::busy_day, {blocks}, {block_of(32)}, rounds,
                                 session().create_mailbox<std::uint64_t>("box", ring),
                                 session().create_barrier("all", {0, 1, 2}),
                                 session().create_neighbor_barrier("near", ring));
  }
  std::uint64_t count_of(const std::string& kernel, std::uint32_t actor) {
    return inspect<abi::actor_record>("rk." + kernel + ".actors", blocks)[actor].events;
  }
  /// Of one actor, oldest first: those that a reader may believe.
  std::vector<event> events_of(const std::string& kernel, std::uint32_t actor, std::uint32_t kept) {
    const auto rings = inspect<event>("rk." + kernel + ".events", std::size_t{blocks} * kept);
    const std::uint64_t count = count_of(kernel, actor);
    std::vector<event> whole;
    for (std::uint32_t i = 0; i < kept; ++i) {
      const event& e = rings[std::size_t{actor} * kept + i];
      const bool agrees = e.number % kept == i && e.check == (e.number & 0xffff);
      if (agrees && e.number != 0 && e.number + kept > count + 1) whole.push_back(e);
    }
    std::sort(whole.begin(), whole.end(),
              [](const event& a, const event& b) { return a.number < b.number; });
    return whole;
  }
  static void expect_in_order(const std::vector<event>& events) {
    for (std::size_t i = 1; i < events.size(); ++i) {
      EXPECT_EQ(events[i].number, events[i - 1].number + 1);
      EXPECT_GE(events[i].at_ns, events[i - 1].at_ns);
    }
  }
  static std::vector<event> only(const std::vector<event>& events, event_kind what) {
    std::vector<event> some;
    std::copy_if(events.begin(), events.end(), std::back_inserter(some),
                 [what](const event& e) { return e.what == what; });
    return some;
  }
};

TEST_P(diary_test, the_latest_steps_are_kept_and_the_end_is_last) {
  const std::uint64_t rounds = scaled(500);
  kernel k = busy_day(at(instrumentation::flight_recorder), rounds);
  ASSERT_TRUE(k.wait(patience));
  for (std::uint32_t actor = 0; actor < blocks; ++actor) {
    const auto events = events_of("busy_day", actor, 64);
    ASSERT_EQ(events.size(), 63u) << "the oldest may be on its way out";
    expect_in_order(events);
    EXPECT_EQ(events.back().number, count_of("busy_day", actor));
    EXPECT_EQ(events.back().what, event_kind::finished);
    EXPECT_EQ(events.back().object, static_cast<std::uint32_t>(abi::status::ok));
    EXPECT_EQ(events.back().value, rounds);
    const auto steps = only(events, event_kind::step);
    ASSERT_FALSE(steps.empty());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      EXPECT_EQ(steps[i].value, rounds + 1 - steps.size() + i);
    }
    const auto notes = only(events, event_kind::noted);
    ASSERT_FALSE(notes.empty());
    EXPECT_EQ(notes.back().value, probe::noted_value(rounds - 1));
    for (const event& e : events) EXPECT_LE(e.what, event_kind::noted);
  }
}

TEST_P(diary_test, the_highest_level_keeps_each_message_and_barrier) {
  const std::uint64_t rounds = 20;
  kernel k = busy_day(at(instrumentation::everything, 1024), rounds);
  ASSERT_TRUE(k.wait(patience));
  for (std::uint32_t actor = 0; actor < blocks; ++actor) {
    const auto events = events_of("busy_day", actor, 1024);
    expect_in_order(events);
    ASSERT_EQ(events.front().number, 1u);
    EXPECT_EQ(events.front().what, event_kind::started);
    const auto sent = only(events, event_kind::sent);
    const auto received = only(events, event_kind::received);
    ASSERT_EQ(sent.size(), rounds);
    ASSERT_EQ(received.size(), rounds);
    for (std::uint64_t i = 0; i < rounds; ++i) {
      EXPECT_EQ(sent[i].object, 1u);
      EXPECT_EQ(sent[i].value, i + 1);
      EXPECT_EQ(received[i].object, 0u);
      EXPECT_EQ(received[i].value, i + 1);
    }
    std::map<abi::wait_kind, std::vector<std::uint64_t>> met;
    for (const event& e : only(events, event_kind::met)) {
      met[static_cast<abi::wait_kind>(e.object)].push_back(e.value);
    }
    ASSERT_EQ(met.size(), 3u);
    for (const auto& [kind, generations] : met) {
      ASSERT_EQ(generations.size(), rounds);
      for (std::uint64_t i = 0; i < rounds; ++i) EXPECT_EQ(generations[i], i + 1);
    }
    // Long waits come in pairs.
    EXPECT_EQ(only(events, event_kind::waiting).size(), only(events, event_kind::waited).size());
  }
}

TEST_P(diary_test, lower_levels_keep_no_events) {
  for (const auto level : {instrumentation::off, instrumentation::progress}) {
    close_session();
    open_session();
    kernel k = busy_day(at(level), 10);
    ASSERT_TRUE(k.wait(patience));
    EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
    EXPECT_EQ(count_of("busy_day", 0), 0u);
    EXPECT_THROW(inspect<event>("rk.busy_day.events", 1), not_found);
  }
}

TEST_P(diary_test, no_event_that_is_believed_is_torn_while_the_ring_is_written) {
  constexpr std::uint32_t kept = 4096;
  kernel k = session().launch_with(at(instrumentation::flight_recorder, kept), probe::scribble,
                                   {blocks}, {block_of(32)});
  ASSERT_TRUE(eventually([&] { return count_of("scribble", 0) > 1000; }));
  std::size_t seen = 0;
  for (unsigned look = 0; look < scaled(500); ++look) {
    const auto events = events_of("scribble", look % blocks, kept);
    for (std::size_t i = 1; i < events.size(); ++i) {
      ASSERT_GE(events[i].at_ns, events[i - 1].at_ns);
    }
    for (const event& e : events) {
      if (e.what != event_kind::noted) continue;
      ++seen;
      const std::uint64_t number = e.value / 1'000'003;
      ASSERT_EQ(e.value, probe::noted_value(number));
      ASSERT_EQ(e.object, static_cast<std::uint32_t>(number));
      // Before it: the start, and the safe points.
      ASSERT_EQ(e.number, number + number / probe::notes_a_step + 3);
    }
  }
  k.stop();
  ASSERT_TRUE(k.wait(patience));
  EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
  EXPECT_GT(seen, 0u);
}

TEST_P(diary_test, waits_and_operations_are_events_and_a_resumed_kernel_goes_on_counting) {
  auto o = at(instrumentation::everything, 256);
  o.sync = synchrony::independent;
  const auto words = [&](const char* name) {
    return session().allocate<std::uint64_t>(name, {blocks}, true);
  };
  const probe::signal_history h{words("wakes"), words("flags"), words("timeouts"),
                                words("interrupts")};
  kernel k = session().launch_with(o, probe::listen, {blocks}, {block_of(32)}, h, on::host_signal,
                                   std::uint64_t{0});
  ASSERT_TRUE(k.wait_idle(patience));
  k.notify(5);
  ASSERT_TRUE(eventually([&] { return inspect<std::uint64_t>("wakes", blocks)[1] == 1; }));
  ASSERT_TRUE(k.wait_idle(patience));
  static_cast<void>(k.checkpoint());
  ASSERT_TRUE(k.wait_idle(patience));
  k.preempt();
  const auto before = events_of("listen", 1, 256);
  expect_in_order(before);
  EXPECT_EQ(before.back().what, event_kind::finished);
  EXPECT_EQ(before.back().object, static_cast<std::uint32_t>(abi::status::preempted));
  const auto woken = only(before, event_kind::woken);
  ASSERT_EQ(woken.size(), 1u);
  EXPECT_EQ(woken[0].object, 5u);
  const auto done = only(before, event_kind::operation);
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].object, 1u);
  const auto waiting = only(before, event_kind::waiting);
  ASSERT_GE(waiting.size(), 2u);
  EXPECT_EQ(waiting[0].object, static_cast<std::uint32_t>(abi::wait_kind::idle));
  k.resume();
  ASSERT_TRUE(k.wait_idle(patience));
  k.stop();
  ASSERT_TRUE(k.wait(patience));
  const auto after = events_of("listen", 1, 256);
  expect_in_order(after);
  const auto started = only(after, event_kind::started);
  ASSERT_EQ(started.size(), 2u);
  EXPECT_EQ(started[1].number, before.back().number + 1);
  EXPECT_GT(started[1].value, 0u) << "steps of before count";
}

TEST_P(diary_test, a_barrier_that_failed_was_not_met) {
  auto o = at(instrumentation::everything, 256);
  o.wait_deadline = 100ms;
  kernel k = session().launch_with(o, probe::stuck, {blocks}, {block_of(32)});
  ASSERT_TRUE(eventually([&] {
    const auto records = inspect<abi::actor_record>("rk.stuck.actors", blocks);
    return records[1].state == abi::actor_state::failed;
  }));
  k.stop();
  ASSERT_TRUE(k.wait(patience));
  const auto events = events_of("stuck", 1, 256);
  expect_in_order(events);
  EXPECT_EQ(events.back().what, event_kind::finished);
  EXPECT_EQ(events.back().object, static_cast<std::uint32_t>(abi::status::timed_out));
  EXPECT_EQ(only(events, event_kind::waiting).size(), 1u);
  EXPECT_TRUE(only(events, event_kind::met).empty());
}

TEST_P(diary_test, a_ring_that_there_cannot_be_is_refused) {
  for (const std::uint32_t kept : {0u, 8u, 100u, 1u << 16}) {
    EXPECT_THROW(
        static_cast<void>(session().launch_with(at(instrumentation::everything, kept),
                                                probe::scribble, {blocks}, {block_of(32)})),
        invalid_argument)
        << kept;
  }
}

INSTANTIATE_TEST_SUITE_P(on, diary_test, all_backends, backend_name);

}  // namespace
}  // namespace rk::test
