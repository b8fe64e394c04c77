// Litmus tests of the orders that docs/memory-order.md relies on.
#include "device/litmus.hpp"

#include <numeric>

#include "device/device_fixture.hpp"

namespace rk::test {
namespace {

using probe::litmus_pattern;

struct litmus_case {
  const char* name;
  litmus_pattern pattern;
};

class litmus_test : public device_fixture {
 protected:
  /// Outcomes that were seen: forbidden ones, and those that show that there was a race at all.
  struct outcomes {
    std::uint64_t forbidden, allowed;
  };
  outcomes run(litmus_pattern pattern, bool is_faulty, std::uint64_t rounds) {
    close_session();
    open_session();
    const std::uint32_t groups = on_gpu() ? 44 : 1;
    const std::uint32_t actors = 3 * groups;
    const auto words = [&](const char* name) {
      return session().allocate<std::uint64_t>(name, {groups, probe::words_apart});
    };
    probe::litmus_run l{pattern,    rounds,  is_faulty, words("x"), words("y"),
                        words("z"), nullptr, nullptr,   nullptr};
    l.tagged = reinterpret_cast<abi::tagged_word*>(words("tagged"));
    l.forbidden = session().allocate<std::uint64_t>("forbidden", {actors});
    l.allowed = session().allocate<std::uint64_t>("allowed", {actors});
    const auto barriers = session().create_neighborhoods("groups", {actors}, {3});
    auto o = impatient();
    o.sync = synchrony::independent;
    kernel k =
        session().launch_with(o, probe::litmus, {actors}, {on_gpu() ? 64u : 2u}, l, barriers);
    EXPECT_TRUE(k.wait(history_limit()));
    EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
    const auto sum = [&](const char* name) {
      const auto values = inspect<std::uint64_t>(name, actors);
      return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
    };
    return {sum("forbidden"), sum("allowed")};
  }
};

constexpr litmus_case cases[] = {
    {"message passing", litmus_pattern::message_passing},
    {"through block barriers", litmus_pattern::through_blocks},
    {"relayed by a third", litmus_pattern::relayed},
    {"store buffering", litmus_pattern::store_buffering},
    {"tagged words", litmus_pattern::tagged_words},
    {"release and acquire of tagged words", litmus_pattern::fenced_words},
};

TEST_P(litmus_test, no_forbidden_outcome_is_ever_seen) {
  for (const litmus_case& c : cases) {
    // The CPU back-end needs two accesses for a word and its tag: its slots are not written again
    // before they were read.
    if (c.pattern == litmus_pattern::tagged_words && !on_gpu()) continue;
    SCOPED_TRACE(c.name);
    const std::uint64_t rounds = history_length(on_gpu() ? 20'000 : 300);
    const outcomes seen = run(c.pattern, false, rounds);
    EXPECT_EQ(seen.forbidden, 0u);
    // A reader that never saw anything would have passed, too.
    if (c.pattern != litmus_pattern::store_buffering) {
      EXPECT_GT(seen.allowed, 0u);
    }
  }
}

TEST_P(litmus_test, accesses_in_the_wrong_order_are_caught) {
  for (const litmus_case& c : cases) {
    // Without its fence a processor may still keep the order: nothing to be caught for sure.
    if (c.pattern == litmus_pattern::store_buffering && !on_gpu()) continue;
    SCOPED_TRACE(c.name);
    EXPECT_GT(run(c.pattern, true, on_gpu() ? 2'000 : 200).forbidden, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(on, litmus_test, all_backends, backend_name);

}  // namespace
}  // namespace rk::test
