#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include <rk/abi/barrier.hpp>
#include <rk/abi/command.hpp>
#include <rk/abi/inbox.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/model/objects.hpp>

namespace rk::model {
namespace {

template <class... Record>
std::vector<std::byte> bytes_of(const Record&... records) {
  std::vector<std::byte> bytes;
  const auto add = [&](const auto& r) {
    const auto* at = reinterpret_cast<const std::byte*>(&r);
    bytes.insert(bytes.end(), at, at + sizeof r);
  };
  (add(records), ...);
  return bytes;
}

/// A snapshot with one object of a type, whatever its bytes.
snapshot with_object(const std::string& name, const char* type, std::vector<std::byte> bytes) {
  snapshot shot;
  model::type t;
  t.name = type;
  t.how = encoding::structure;
  t.size = 1;
  symbol s;
  s.name = name;
  s.type = shot.catalogue.types.add(std::move(t));
  s.runtime = true;
  s.bytes = bytes.size();
  shot.catalogue.symbols.push_back(s);
  shot.objects.push_back({s.id, std::move(bytes)});
  return shot;
}

barrier_state barrier_of(const abi::barrier_record& r) {
  const auto all = objects_of(with_object("rk.b.barrier", "rk::abi::barrier_record", bytes_of(r)));
  return all.barriers.at(0);
}

TEST(objects, a_barrier_counts_generations_of_those_who_have_not_left) {
  abi::barrier_record r{};
  r.members = 4;
  r.left = 1;
  r.left_arrivals = 5;
  r.arrived = 5 + 3 * 10 + 2;
  const barrier_state b = barrier_of(r);
  EXPECT_EQ(b.name, "b");
  EXPECT_EQ(b.generations, 10u);
  EXPECT_EQ(b.arrived, 2u);
  EXPECT_EQ(b.present, 3u);
}

TEST(objects, a_barrier_that_makes_no_sense_is_no_division_by_zero) {
  abi::barrier_record r{};
  EXPECT_EQ(barrier_of(r).generations, 0u);
  r.members = 2;
  r.left = 7;
  r.arrived = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(barrier_of(r).present, 0u);
  EXPECT_EQ(barrier_of(r).generations, 0u);
  r.left = 0;
  r.left_arrivals = std::numeric_limits<std::uint64_t>::max();
  r.arrived = 3;
  EXPECT_EQ(barrier_of(r).generations, 0u);
}

TEST(objects, of_several_tiles_the_slowest_counts) {
  abi::barrier_record quick{};
  quick.members = 2;
  quick.arrived = 20;
  abi::barrier_record slow = quick;
  slow.arrived = 7;
  const auto all =
      objects_of(with_object("rk.tiles.barrier", "rk::abi::barrier_record", bytes_of(quick, slow)));
  EXPECT_EQ(all.barriers.at(0).generations, 3u);
  EXPECT_EQ(all.barriers.at(0).arrived, 1u);
  EXPECT_EQ(all.barriers.at(0).barriers, 2u);
}

TEST(objects, mailboxes_are_summed_and_the_fullest_way_is_named) {
  abi::mail_channel a{};
  a.sent = 10;
  a.taken = 9;
  a.queued_ns = 1000;
  abi::mail_channel b{};
  b.sent = 10;
  b.taken = 4;
  b.from = 3;
  b.to = 5;
  b.queued_ns = 3000;
  abi::mail_channel torn{};
  torn.sent = 1;
  torn.taken = 2;
  const auto all =
      objects_of(with_object("rk.ring.channels", "rk::abi::mail_channel", bytes_of(a, b, torn)));
  const mailbox_state& m = all.mailboxes.at(0);
  EXPECT_EQ(m.name, "ring");
  EXPECT_EQ(m.under_way, 7u);
  EXPECT_EQ(m.fullest, 6u);
  EXPECT_EQ(m.fullest_from, 3u);
  EXPECT_EQ(m.fullest_to, 5u);
  EXPECT_DOUBLE_EQ(m.queueing_seconds, 2e-6);
}

TEST(objects, inboxes_are_summed_and_the_fullest_is_named_without_a_sender) {
  abi::inbox empty{};
  abi::inbox full{};
  full.claimed = 9;
  full.taken = 2;
  full.rejected = 1;
  full.high_water = 8;
  const auto all = objects_of(
      with_object("rk.office.inboxes", "rk::abi::inbox", bytes_of(empty, full, abi::inbox{})));
  const mailbox_state& m = all.mailboxes.at(0);
  EXPECT_EQ(m.name, "office");
  EXPECT_TRUE(m.is_post_office);
  EXPECT_EQ(m.sent, 9u);
  EXPECT_EQ(m.under_way, 7u);
  EXPECT_EQ(m.fullest_to, 1u);
  EXPECT_EQ(m.rejected, 1u);
  EXPECT_EQ(m.high_water, 8u);
}

TEST(objects, values_cut_short_and_names_without_dots_are_no_harm) {
  EXPECT_TRUE(
      objects_of(with_object("rk.b.barrier", "rk::abi::barrier_record", {})).barriers.empty());
  const auto odd = objects_of(
      with_object("barrier", "rk::abi::command_counters", bytes_of(abi::command_counters{})));
  EXPECT_EQ(odd.queues.at(0).name, "barrier");
  const auto other = objects_of(with_object("x", "float", bytes_of(1.0F)));
  EXPECT_TRUE(other.barriers.empty() && other.mailboxes.empty() && other.queues.empty());
}

}  // namespace
}  // namespace rk::model
