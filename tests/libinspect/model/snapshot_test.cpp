#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/model/snapshot.hpp>

namespace rk::model {
namespace {

template <class Enum>
void expect_texts(Enum last, std::vector<std::string_view> texts) {
  const auto count = static_cast<std::uint32_t>(last) + 1;
  ASSERT_EQ(count, texts.size());
  for (std::uint32_t i = 0; i < count; ++i) EXPECT_EQ(to_string(static_cast<Enum>(i)), texts[i]);
}

[[nodiscard]] abi::actor_record actor(abi::actor_state state, std::uint64_t progress) {
  abi::actor_record a{};
  a.state = state;
  a.progress = progress;
  return a;
}

TEST(snapshot, every_enumerator_has_its_text) {
  expect_texts(abi::actor_state::preempted,
               {"not_started", "running", "finished", "failed", "preempted"});
  expect_texts(abi::wait_kind::message, {"none", "grid_barrier", "user", "preemption", "barrier",
                                         "neighbors", "idle", "room", "message"});
  expect_texts(abi::status::wrong_size, {"ok", "timed_out", "aborted", "preempted", "interrupted",
                                         "full", "empty", "gone", "nobody", "wrong_size"});
  expect_texts(abi::event_kind::commanded,
               {"none", "started", "step", "waiting", "waited", "operation", "finished", "noted",
                "met", "sent", "received", "woken", "commanded"});
  expect_texts(kernel_state::unknown, {"running", "preempted", "finished", "faulted", "unknown"});
}

TEST(snapshot, words_that_a_kernel_overwrote_are_shown_as_unknown) {
  EXPECT_EQ(to_string(static_cast<abi::actor_state>(0xdead'beef)), "unknown");
  EXPECT_EQ(to_string(static_cast<abi::wait_kind>(0xdead'beef)), "unknown");
  EXPECT_EQ(to_string(static_cast<abi::status>(0xdead'beef)), "unknown");
  EXPECT_EQ(to_string(static_cast<abi::event_kind>(0xbeef)), "unknown");
}

TEST(snapshot, every_kernel_state_survives_text_and_back) {
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(kernel_state::unknown); ++i) {
    const auto s = static_cast<kernel_state>(i);
    EXPECT_EQ(parse_kernel_state(to_string(s)), s);
  }
  EXPECT_THROW((void)parse_kernel_state("Running"), incompatible);
}

TEST(snapshot, a_kernel_is_as_far_as_its_slowest_actor) {
  kernel_snapshot k;
  EXPECT_EQ(k.steps(), 0u);
  k.actors = {actor(abi::actor_state::running, 9), actor(abi::actor_state::running, 7),
              actor(abi::actor_state::finished, 8)};
  EXPECT_EQ(k.steps(), 7u);
}

TEST(snapshot, actors_are_counted_by_state) {
  kernel_snapshot k;
  k.actors = {actor(abi::actor_state::running, 1), actor(abi::actor_state::failed, 1),
              actor(abi::actor_state::running, 1)};
  EXPECT_EQ(k.count(abi::actor_state::running), 2u);
  EXPECT_EQ(k.count(abi::actor_state::failed), 1u);
  EXPECT_EQ(k.count(abi::actor_state::finished), 0u);
}

}  // namespace
}  // namespace rk::model
