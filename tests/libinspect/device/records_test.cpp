#include <gtest/gtest.h>

#include <rk/abi/control_segment.hpp>
#include <rk/abi/device_view.hpp>
#include <rk/model/snapshot.hpp>

namespace rk::abi {
namespace {

TEST(kernel_control, an_agreement_gives_back_its_step_and_its_requests) {
  for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 55}) {
    for (const std::uint64_t requests : {0u, 1u, 2u, 3u, 255u}) {
      const std::uint64_t word = make_agreement(step, requests);
      EXPECT_EQ(agreement_step(word), step);
      EXPECT_EQ(agreement_bits(word), requests);
    }
  }
}

TEST(kernel_control, request_bits_beyond_the_agreements_room_do_not_change_its_step) {
  EXPECT_EQ(agreement_step(make_agreement(7, 0xffff)), 7u);
}

TEST(kernel_control, every_request_is_a_bit_of_its_own) {
  EXPECT_EQ(bits(request::stop) & bits(request::abort), 0u);
  const std::uint64_t both = bits(request::stop) | bits(request::abort);
  EXPECT_TRUE(asks(both, request::stop) && asks(both, request::abort));
  EXPECT_FALSE(asks(bits(request::stop), request::abort));
  EXPECT_FALSE(asks(bits(request::none), request::stop));
}

TEST(kernel_control, the_first_bytes_of_a_control_segment_spell_the_name) {
  const std::uint64_t word = magic;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(&word), sizeof word), "rkinspct");
}

TEST(kernel_control, no_writer_shares_a_line_with_another) {
  EXPECT_EQ(sizeof(actor_record) % line_bytes, 0u);
  EXPECT_EQ(sizeof(request_line) % line_bytes, 0u);
  EXPECT_EQ(offsetof(kernel_control, agreement) / line_bytes + 1,
            offsetof(kernel_control, grid_barrier) / line_bytes);
  EXPECT_EQ(sizeof(control_head) % line_bytes, 0u);
}

TEST(actor_record, memory_that_was_never_written_means_not_started_and_no_wait) {
  const actor_record zero{};
  EXPECT_EQ(model::to_string(zero.state), "not_started");
  EXPECT_EQ(model::to_string(zero.wait.kind), "none");
  EXPECT_EQ(model::to_string(zero.exit_status), "ok");
}

TEST(extent, dimensions_that_are_left_out_count_as_one) {
  EXPECT_EQ(extent3{}.count(), 1u);
  EXPECT_EQ((extent3{132}.count()), 132u);
  EXPECT_EQ((extent3{65'535, 65'535, 2}.count()), 2ull * 65'535 * 65'535);
}

}  // namespace
}  // namespace rk::abi
