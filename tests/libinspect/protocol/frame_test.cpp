#include <cstring>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/protocol/frame.hpp>

#include "libinspect/support/raw_peer.hpp"

namespace rk::protocol {
namespace {

using test::bytes_of;
using test::has;
using test::refusal;

constexpr frame_limits limits{1000, 500};

[[nodiscard]] frame sample(std::uint32_t request = 7) {
  return {frame_kind::read, request, "{\"ranges\":[]}", bytes_of("blob")};
}

void expect_equal(const frame& a, const frame& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.request, b.request);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.blob, b.blob);
}

/// Bytes of a frame with a changed head.
template <class Change>
[[nodiscard]] std::vector<std::byte> tampered(Change change) {
  std::vector<std::byte> bytes = encode(sample());
  frame_head head;
  std::memcpy(&head, bytes.data(), sizeof head);
  change(head);
  std::memcpy(bytes.data(), &head, sizeof head);
  return bytes;
}

template <class Change>
[[nodiscard]] std::string refusal_of(Change change) {
  frame_reader reader(limits);
  reader.feed(tampered(change));
  return refusal<incompatible>([&] { static_cast<void>(reader.next()); });
}

TEST(frame, the_head_has_the_bytes_that_other_programs_will_send) {
  const std::vector<std::byte> bytes =
      encode({frame_kind::hello, 0x0403'0201, "ab", bytes_of("c")});
  const std::string wire(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_EQ(wire, std::string("RKK1"
                              "\x01\x00"
                              "\x01\x00"
                              "\x01\x02\x03\x04"
                              "\x02\x00\x00\x00"
                              "\x01\x00\x00\x00"
                              "\x00\x00\x00\x00"
                              "abc",
                              27));
}

TEST(frame, it_is_read_wherever_the_wire_cuts_it) {
  const std::vector<std::byte> bytes = encode(sample());
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    frame_reader reader(limits);
    reader.feed(std::span(bytes).first(cut));
    const auto early = reader.next();
    EXPECT_EQ(early.has_value(), cut == bytes.size()) << cut;
    reader.feed(std::span(bytes).subspan(cut));
    const auto whole = early ? early : reader.next();
    ASSERT_TRUE(whole) << cut;
    expect_equal(*whole, sample());
    EXPECT_FALSE(reader.next());
  }
}

TEST(frame, several_that_come_at_once_are_given_one_by_one) {
  std::vector<std::byte> bytes;
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto next = encode(sample(i));
    bytes.insert(bytes.end(), next.begin(), next.end());
  }
  const auto head_of_another = encode(sample(5));
  bytes.insert(bytes.end(), head_of_another.begin(), head_of_another.begin() + 30);
  frame_reader reader(limits);
  reader.feed(bytes);
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto f = reader.next();
    ASSERT_TRUE(f);
    EXPECT_EQ(f->request, i);
  }
  EXPECT_FALSE(reader.next());
  reader.feed(std::span(head_of_another).subspan(30));
  EXPECT_TRUE(reader.next());
}

TEST(frame, one_without_text_and_data_is_one) {
  frame_reader reader(limits);
  reader.feed(encode({frame_kind::status, 1, {}, {}}));
  const auto f = reader.next();
  ASSERT_TRUE(f);
  expect_equal(*f, {frame_kind::status, 1, {}, {}});
}

TEST(frame, bytes_that_are_none_are_refused_by_their_head_alone) {
  EXPECT_TRUE(has(refusal_of([](frame_head& h) { h.magic ^= 1; }), "not an rk-inspect frame"));
  frame_reader reader(limits);
  reader.feed(bytes_of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_THROW(static_cast<void>(reader.next()), incompatible);
}

TEST(frame, another_version_is_refused_with_both_numbers) {
  const std::string text = refusal_of([](frame_head& h) { h.version = 77; });
  EXPECT_TRUE(has(text, "protocol 77, this one 1")) << text;
  EXPECT_TRUE(has(text, "use the same version"));
}

TEST(frame, what_is_too_large_is_refused_before_it_comes) {
  EXPECT_TRUE(has(refusal_of([](frame_head& h) { h.text_bytes = 1001; }), "too large"));
  EXPECT_TRUE(has(refusal_of([](frame_head& h) { h.blob_bytes = 501; }), "too large"));
  // Sizes whose sum does not fit in 32 bits.
  EXPECT_TRUE(has(refusal_of([](frame_head& h) { h.text_bytes = h.blob_bytes = 0xffff'ffff; }),
                  "4294967295"));
}

TEST(frame, the_largest_that_is_allowed_is_read) {
  const frame largest{frame_kind::reply, 1, std::string(1000, 't'), std::vector<std::byte>(500)};
  frame_reader reader(limits);
  reader.feed(encode(largest));
  const auto f = reader.next();
  ASSERT_TRUE(f);
  expect_equal(*f, largest);
}

TEST(frame, a_kind_that_nobody_knows_is_passed_on_for_an_answer) {
  frame_reader reader(limits);
  reader.feed(tampered([](frame_head& h) { h.kind = 4711; }));
  const auto f = reader.next();
  ASSERT_TRUE(f);
  EXPECT_EQ(static_cast<unsigned>(f->kind), 4711u);
}

}  // namespace
}  // namespace rk::protocol
