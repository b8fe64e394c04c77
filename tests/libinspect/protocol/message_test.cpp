#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/protocol/frame.hpp>
#include <rk/protocol/message.hpp>

#include "libinspect/support/test_environment.hpp"

namespace rk::protocol {
namespace {

using test::has;
using test::refusal;

constexpr std::uint64_t largest = ~std::uint64_t{0};

TEST(message, hello_survives_the_wire) {
  const hello_reply sent{
      "demo", largest, "0.1.0", {model::segment_id{0}, model::segment_id{4'294'967'295}}};
  const hello_reply got = parse_hello_reply(to_text(sent));
  EXPECT_EQ(got.session, sent.session);
  EXPECT_EQ(got.pid, sent.pid);
  EXPECT_EQ(got.rk_version, sent.rk_version);
  EXPECT_EQ(got.segments, sent.segments);
}

TEST(message, a_read_survives_the_wire) {
  const read_request sent{{{model::symbol_id{3}, 0, 8}, {model::symbol_id{0}, largest, largest}}};
  const read_request got = parse_read_request(to_text(sent));
  ASSERT_EQ(got.ranges.size(), 2u);
  EXPECT_EQ(got.ranges[0].symbol, model::symbol_id{3});
  EXPECT_EQ(got.ranges[0].bytes, 8u);
  EXPECT_EQ(got.ranges[1].offset, largest);
  const read_reply reply = parse_read_reply(to_text(read_reply{"live", -5}));
  EXPECT_EQ(reply.consistency, "live");
  EXPECT_EQ(reply.read_unix_ns, -5);
}

TEST(message, the_largest_read_fits_in_a_request) {
  read_request sent;
  for (std::size_t i = 0; i < max_read_ranges; ++i) {
    sent.ranges.push_back({model::symbol_id{4'294'967'295}, largest, largest});
  }
  const std::string text = to_text(sent);
  EXPECT_LE(text.size(), request_limits.text_bytes);
  EXPECT_EQ(parse_read_request(text).ranges.size(), max_read_ranges);
}

TEST(message, a_status_survives_the_wire_with_every_state) {
  status_reply sent{largest, 123, -1, {}};
  for (const auto state :
       {model::kernel_state::running, model::kernel_state::preempted, model::kernel_state::finished,
        model::kernel_state::faulted, model::kernel_state::unknown}) {
    sent.kernels.push_back({model::kernel_id{7}, state, "why"});
  }
  const status_reply got = parse_status_reply(to_text(sent));
  EXPECT_EQ(got.catalogue_revision, sent.catalogue_revision);
  EXPECT_EQ(got.unix_ns, sent.unix_ns);
  EXPECT_EQ(got.monotonic_ns, sent.monotonic_ns);
  ASSERT_EQ(got.kernels.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(got.kernels[i].id, model::kernel_id{7});
    EXPECT_EQ(got.kernels[i].state, sent.kernels[i].state);
    EXPECT_EQ(got.kernels[i].error, "why");
  }
}

TEST(message, a_stop_survives_the_wire) {
  for (const bool abort : {false, true}) {
    const stop_request got = parse_stop_request(to_text(stop_request{"wave#2", abort}));
    EXPECT_EQ(got.kernel, "wave#2");
    EXPECT_EQ(got.abort, abort);
  }
}

TEST(message, every_error_code_survives_text_and_back) {
  for (const auto code :
       {reply_code::ok, reply_code::invalid_argument, reply_code::not_found, reply_code::timeout,
        reply_code::busy, reply_code::incompatible, reply_code::failed}) {
    const error_reply got = parse_error_reply(to_text(error_reply{code, "text"}));
    EXPECT_EQ(got.code, code);
    EXPECT_EQ(got.message, "text");
  }
  EXPECT_EQ(to_string(static_cast<reply_code>(77)), "unknown");
}

TEST(message, an_error_keeps_its_kind_in_the_other_process) {
  const auto round_trip = [](const auto& e) {
    try {
      throw e;
    } catch (...) {
      throw_error(parse_error_reply(to_text(current_error())));
    }
  };
  EXPECT_THROW(round_trip(invalid_argument("a")), invalid_argument);
  EXPECT_THROW(round_trip(not_found("b")), not_found);
  EXPECT_THROW(round_trip(timeout("c")), timeout);
  EXPECT_THROW(round_trip(incompatible("d")), incompatible);
  EXPECT_EQ(refusal([&] { round_trip(cuda_error("e")); }), "e");
  EXPECT_EQ(refusal([&] { round_trip(std::bad_alloc()); }), "std::bad_alloc");
  EXPECT_EQ(refusal([&] { round_trip(5); }), "unknown failure");
}

TEST(message, foreign_text_arrives_on_one_line_whatever_it_holds) {
  const auto sent_as = [](const std::string& text) {
    return parse_error_reply(to_text(error_reply{reply_code::failed, text})).message;
  };
  EXPECT_EQ(sent_as("a\nb\r\tc"), "a b  c");
  EXPECT_EQ(sent_as("\x1b[31mred\x7f"), " [31mred ");
  EXPECT_EQ(sent_as("Gr\xc3\xb6\xc3\x9f"
                    "e 5 \xc2\xb5s"),
            "Gr\xc3\xb6\xc3\x9f"
            "e 5 \xc2\xb5s");
  EXPECT_EQ(sent_as("c1 \xc2\x9b"
                    "2J"),
            "c1   2J");
  // No UTF-8: replaced, one by one.
  EXPECT_EQ(sent_as("a\xff\xc2"), "a\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(sent_as(std::string("a\0b", 3)), "a b");
}

TEST(message, a_text_of_any_length_arrives_and_is_cut_between_characters) {
  const auto sent_as = [](const std::string& text) {
    status_reply s;
    s.kernels.push_back({model::kernel_id{0}, model::kernel_state::faulted, text});
    return parse_status_reply(to_text(s)).kernels.at(0).error;
  };
  std::string euros;
  while (euros.size() < 100'000) euros += "\xe2\x82\xac";
  const std::string cut = sent_as(euros);
  EXPECT_TRUE(cut.ends_with("\xe2\x82\xac..."));
  EXPECT_EQ(cut.find('\xef'), std::string::npos);
  // The longest way to write nothing that is UTF-8.
  EXPECT_NO_THROW(static_cast<void>(sent_as(std::string(1'000'000, '\xff'))));
}

template <class Parse>
void expect_refused(Parse parse, std::string_view text, std::string_view part) {
  const std::string why = refusal<incompatible>([&] { static_cast<void>(parse(text)); });
  EXPECT_TRUE(has(why, part)) << why << " for " << text.substr(0, 100);
}

TEST(message, what_is_no_json_object_is_refused_by_every_parser) {
  const std::string nested(100'000, '[');
  const std::string objects = [] {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "{\"a\":";
    return text;
  }();
  for (const std::string_view text :
       {std::string_view(), std::string_view("null"), std::string_view("[1]"),
        std::string_view("{\"a\":"), std::string_view("{} x"), std::string_view("{\"a\":1e999}"),
        std::string_view("\xff\xfe"), std::string_view("{\"a\":\"\xff\"}"),
        std::string_view(nested), std::string_view(objects), std::string_view("{\"a\0\":1}", 8)}) {
    EXPECT_THROW(static_cast<void>(parse_hello_reply(text)), incompatible);
    EXPECT_THROW(static_cast<void>(parse_read_request(text)), incompatible);
    EXPECT_THROW(static_cast<void>(parse_read_reply(text)), incompatible);
    EXPECT_THROW(static_cast<void>(parse_status_reply(text)), incompatible);
    EXPECT_THROW(static_cast<void>(parse_stop_request(text)), incompatible);
    EXPECT_THROW(static_cast<void>(parse_error_reply(text)), incompatible);
  }
}

TEST(message, a_wrong_field_is_refused_by_its_name) {
  expect_refused(parse_hello_reply, R"({"session":1,"pid":1,"rk_version":"","segments":[]})",
                 "hello.session is not a text");
  expect_refused(parse_hello_reply, R"({"session":"a","pid":-1,"rk_version":"","segments":[]})",
                 "hello.pid");
  expect_refused(parse_hello_reply, R"({"session":"a","pid":1,"segments":[]})",
                 "hello.rk_version is missing");
  expect_refused(parse_hello_reply,
                 R"({"session":"a","pid":1,"rk_version":"","segments":[4294967296]})",
                 "hello.segments");
  expect_refused(parse_hello_reply,
                 R"({"session":"\u001b[2J","pid":1,"rk_version":"","segments":[]})",
                 "hello.session has control characters");
  expect_refused(parse_read_request, R"({"ranges":{}})", "read.ranges is not a list");
  expect_refused(parse_read_request, R"({"ranges":[1,2]})", "read.ranges");
  expect_refused(parse_read_request, R"({"ranges":[[1,2,3]]})", "read.ranges");
  expect_refused(parse_read_request, R"({"ranges":[1,2.5,3]})", "read.ranges");
  expect_refused(parse_read_request, R"({"ranges":[1,-2,3]})", "read.ranges");
  // An identity that would be another one if its upper half were lost.
  expect_refused(parse_read_request, R"({"ranges":[4294967299,0,8]})", "read.ranges");
  expect_refused(parse_read_reply, R"({"consistency":"live","read_unix_ns":1e3})",
                 "read.read_unix_ns");
  expect_refused(parse_status_reply,
                 R"({"catalogue_revision":1,"unix_ns":1,"monotonic_ns":1,"kernels":[7]})",
                 "status.kernels[0]");
  expect_refused(
      parse_status_reply,
      R"({"catalogue_revision":1,"unix_ns":1,"monotonic_ns":1,"kernels":[{"id":4294967296,"state":"running","error":""}]})",
      "kernels[0].id");
  expect_refused(
      parse_status_reply,
      R"({"catalogue_revision":1,"unix_ns":1,"monotonic_ns":1,"kernels":[{"id":1,"state":"asleep","error":""}]})",
      "'asleep'");
  expect_refused(parse_stop_request, R"({"kernel":"a","abort":0})", "stop.abort");
  expect_refused(parse_stop_request, R"({"kernel":null,"abort":false})", "stop.kernel");
  expect_refused(parse_error_reply, R"({"code":"maybe","message":"x"})", "error.code");
}

TEST(message, lists_and_texts_without_an_end_are_refused) {
  std::string ranges = R"({"ranges":[0)";
  for (std::size_t i = 0; i < 3 * max_read_ranges; ++i) ranges += ",0";
  expect_refused(parse_read_request, ranges + "]}", "read.ranges has more than");
  const std::string text(70'000, 'x');
  expect_refused(parse_error_reply, R"({"code":"failed","message":")" + text + "\"}",
                 "error.message is longer than");
  expect_refused(parse_stop_request, R"({"kernel":")" + text + R"(","abort":false})",
                 "stop.kernel is longer than");
}

TEST(message, fields_of_a_later_version_are_passed_over) {
  const stop_request got =
      parse_stop_request(R"({"kernel":"a","abort":true,"urgency":{"level":[1,2]}})");
  EXPECT_TRUE(got.abort);
}

}  // namespace
}  // namespace rk::protocol
