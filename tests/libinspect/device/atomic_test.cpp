#include "libinspect/device/probe.hpp"

namespace rk {
namespace {

using test::expect_end;
using test::scaled;
using test::unserved;

template <class T, order Load, order Store, order Add>
void check_operations() {
  alignas(8) T object = 5;
  EXPECT_EQ((atomic_add<Add, scope::device>(object, T{3})), 5);
  EXPECT_EQ((atomic_load<Load, scope::block>(object)), 8);
  atomic_store<Store, scope::system>(object, T{1});
  EXPECT_EQ((atomic_load<Load, scope::system>(object)), 1);
}

TEST(atomic, an_addition_returns_what_was_before_it_in_every_order) {
  check_operations<std::uint32_t, order::relaxed, order::relaxed, order::relaxed>();
  check_operations<std::uint64_t, order::acquire, order::release, order::acq_rel>();
  check_operations<std::int32_t, order::seq_cst, order::seq_cst, order::seq_cst>();
  check_operations<std::int64_t, order::acquire, order::release, order::acquire>();
  check_operations<std::uint64_t, order::acquire, order::release, order::release>();
}

TEST(atomic, an_addition_wraps_like_the_integer_it_is) {
  std::uint32_t object = 0xffff'ffff;
  EXPECT_EQ((atomic_add<order::relaxed, scope::device>(object, 2u)), 0xffff'ffffu);
  EXPECT_EQ(object, 1u);
}

__global__ void add_up(rk::device_view view, std::uint64_t times, std::uint64_t* sum) {
  rk::actor self = rk::start(view);
  for (std::uint64_t i = 0; i < times; ++i) {
    atomic_add<order::relaxed, scope::device>(*sum, std::uint64_t{1});
  }
  rk::finish(self);
}

TEST(atomic, no_addition_is_lost_among_blocks) {
  session s(unserved());
  auto* sum = s.allocate<std::uint64_t>("sum", {});
  const std::uint64_t times = scaled(5000);
  expect_end(s.launch(add_up, {4}, {2}, times, sum));
  EXPECT_EQ(*sum, 8 * times);
}

/// Block 0 writes plain words and raises a flag; block 1 waits for the flag and reads them.
__global__ void hand_over(rk::device_view view, std::uint64_t rounds, std::uint64_t* payload,
                          std::uint64_t* flag, std::uint64_t* wrong) {
  rk::actor self = rk::start(view);
  const bool sends = self.index == 0;
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    // Even values of the flag are the receiver's thanks.
    const std::uint64_t mine = sends ? 2 * round - 2 : 2 * round - 1;
    for (unsigned i = 1; atomic_load<order::acquire, scope::device>(*flag) != mine; ++i) pause(i);
    if (sends) *payload = round;
    if (!sends && *payload != round) ++*wrong;
    atomic_store<order::release, scope::device>(*flag, mine + 1);
  }
  rk::finish(self);
}

TEST(atomic, release_and_acquire_carry_plain_words_from_block_to_block) {
  session s(unserved());
  auto* payload = s.allocate<std::uint64_t>("payload", {});
  auto* flag = s.allocate<std::uint64_t>("flag", {});
  auto* wrong = s.allocate<std::uint64_t>("wrong", {});
  expect_end(s.launch(hand_over, {2}, {1}, std::uint64_t{scaled(500)}, payload, flag, wrong));
  EXPECT_EQ(*payload, scaled(500));
  EXPECT_EQ(*wrong, 0u);
}

}  // namespace
}  // namespace rk
