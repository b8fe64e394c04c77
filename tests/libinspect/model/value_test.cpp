#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/model/value.hpp>

#include "sample_catalogue.hpp"

namespace rk::model {
namespace {

[[nodiscard]] type scalar_type(encoding how, std::uint64_t size) {
  type t;
  t.name = "own";
  t.how = how;
  t.size = size;
  return t;
}

template <class T>
[[nodiscard]] std::vector<std::byte> as_bytes(const T& value) {
  std::vector<std::byte> out(sizeof value);
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

template <class T>
[[nodiscard]] scalar decoded(encoding how, T value) {
  return decode_scalar(scalar_type(how, sizeof value), as_bytes(value));
}

template <class T>
[[nodiscard]] double number(encoding how, T value) {
  return to_double(scalar_type(how, sizeof value), as_bytes(value));
}

TEST(value, integers_of_every_width_keep_their_sign) {
  const auto s = encoding::signed_integer;
  EXPECT_EQ(decoded(s, std::int8_t{-1}), scalar(std::int64_t{-1}));
  EXPECT_EQ(decoded(s, std::int16_t{-300}), scalar(std::int64_t{-300}));
  EXPECT_EQ(decoded(s, std::int32_t{INT32_MIN}), scalar(std::int64_t{INT32_MIN}));
  EXPECT_EQ(decoded(s, std::int64_t{INT64_MIN}), scalar(std::int64_t{INT64_MIN}));
  const auto u = encoding::unsigned_integer;
  EXPECT_EQ(decoded(u, std::uint8_t{255}), scalar(std::uint64_t{255}));
  EXPECT_EQ(decoded(u, std::uint32_t{0xffff'ffff}), scalar(std::uint64_t{0xffff'ffff}));
  EXPECT_EQ(decoded(u, ~std::uint64_t{0}), scalar(~std::uint64_t{0}));
}

TEST(value, other_scalars_are_decoded) {
  EXPECT_EQ(decoded(encoding::boolean, std::uint8_t{0}), scalar(false));
  EXPECT_EQ(decoded(encoding::boolean, std::uint8_t{2}), scalar(true));
  EXPECT_EQ(decoded(encoding::floating, 0.25f), scalar(0.25));
  EXPECT_EQ(decoded(encoding::floating, -1e300), scalar(-1e300));
  EXPECT_EQ(decoded(encoding::floating, std::uint16_t{0x3c00}), scalar(1.0));
  EXPECT_EQ(decoded(encoding::brain_floating, std::uint16_t{0xbf80}), scalar(-1.0));
  EXPECT_EQ(decoded(encoding::pointer, std::uint64_t{0x7f00}), scalar(std::uint64_t{0x7f00}));
  EXPECT_EQ(decoded(encoding::character, 'a'), scalar(std::string("a")));
}

TEST(value, enumerators_without_a_name_stay_integers) {
  const type t = test::enumeration("e", 4, true, {{"air", -1}});
  EXPECT_EQ(decode_scalar(t, as_bytes(std::int32_t{-1})), scalar(std::string("air")));
  EXPECT_EQ(decode_scalar(t, as_bytes(std::int32_t{-2})), scalar(std::int64_t{-2}));
  const type u = test::enumeration("e", 1, false, {{"top", 255}});
  EXPECT_EQ(decode_scalar(u, as_bytes(std::uint8_t{255})), scalar(std::string("top")));
  EXPECT_EQ(decode_scalar(u, as_bytes(std::uint8_t{254})), scalar(std::uint64_t{254}));
  EXPECT_EQ(format_scalar(u, as_bytes(std::uint8_t{254})), "254");
  EXPECT_EQ(to_double(t, as_bytes(std::int32_t{-1})), -1.0);
}

TEST(value, too_few_bytes_are_refused_and_not_read_past) {
  const std::vector<std::byte> three(3);
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(encoding::opaque); ++i) {
    const type t = scalar_type(static_cast<encoding>(i), 4);
    EXPECT_THROW((void)decode_scalar(t, three), incompatible);
    EXPECT_THROW((void)to_double(t, three), incompatible);
    EXPECT_THROW((void)format_scalar(t, three), incompatible);
    type_table types;
    types.add(scalar_type(encoding::opaque, 1));  // what the array refers to
    EXPECT_THROW((void)format_value(types, types.add(t), three), incompatible);
  }
}

TEST(value, no_encoding_at_any_size_reads_outside_its_bytes) {
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(encoding::opaque); ++i) {
    for (std::uint64_t size = 0; size <= 17; ++size) {
      const type t = scalar_type(static_cast<encoding>(i), size);
      const std::vector<std::byte> exact(size, std::byte{0x41});
      EXPECT_FALSE(format_scalar(t, exact).empty());
      (void)decode_scalar(t, exact);
      (void)to_double(t, exact);
    }
  }
}

TEST(value, what_is_no_number_is_nan) {
  EXPECT_TRUE(std::isnan(number(encoding::opaque, 1)));
  EXPECT_TRUE(std::isnan(number(encoding::structure, 1)));
  EXPECT_TRUE(std::isnan(number(encoding::floating, std::uint8_t{1})));
  EXPECT_EQ(number(encoding::boolean, std::uint8_t{7}), 1.0);
  EXPECT_EQ(number(encoding::character, 'A'), 65.0);
  EXPECT_EQ(number(encoding::signed_integer, std::int16_t{-5}), -5.0);
  EXPECT_EQ(number(encoding::unsigned_integer, std::uint16_t{65535}), 65535.0);
}

TEST(value, a_type_of_unknown_meaning_is_shown_as_its_bytes) {
  const std::vector<std::byte> some = {std::byte{0x01}, std::byte{0xab}};
  EXPECT_EQ(format_scalar(scalar_type(encoding::opaque, 2), some), "0x01ab");
  EXPECT_EQ(format_scalar(scalar_type(encoding::opaque, 100), std::vector<std::byte>(100)),
            "0x" + std::string(64, '0') + "...");
}

TEST(value, a_structure_is_written_with_its_members) {
  type_table types;
  const type_id cell = test::add_cell(types);
  struct {
    float p = 1.5f;
    float v[3] = {0, 0, 1};
    std::int32_t what = 2;
    std::int32_t tag[2][2] = {{1, 2}, {3, -4}};
  } const c;
  EXPECT_EQ(format_value(types, cell, as_bytes(c)),
            "{p: 1.5, v: [0, 0, 1], what: water, tag: [[1, 2], [3, -4]]}");
}

TEST(value, a_long_array_is_elided) {
  type_table types;
  const type_id i8 = types.add_scalar("signed char", encoding::signed_integer, 1);
  const auto text = [&](std::uint64_t count) {
    return format_value(types, types.add(test::array_of(i8, 1, {count})),
                        std::vector<std::byte>(count));
  };
  EXPECT_EQ(text(0), "[]");
  EXPECT_EQ(text(2), "[0, 0]");
  EXPECT_EQ(text(64).size(), 64u * 3);
  EXPECT_TRUE(text(65).ends_with(", 0, ...]")) << text(65);
  EXPECT_EQ(text(1u << 20), text(65));
}

TEST(value, types_that_unfold_without_end_are_cut) {
  type_table types;
  type_id t = types.add_scalar("int", encoding::signed_integer, 4);
  for (int i = 0; i < 60; ++i) {
    t = types.add(test::structure("u" + std::to_string(i), 4, {{"a", 0, t}, {"b", 0, t}}));
  }
  EXPECT_LT(format_value(types, t, std::vector<std::byte>(4)).size(), 10'000u);
}

TEST(value, a_table_that_lies_about_members_is_not_followed) {
  type_table types;
  const type_id f64 = types.add_scalar("double", encoding::floating, 8);
  const type_id s = types.add(test::structure("s", 8, {{"out", 4, f64}}));
  EXPECT_THROW((void)format_value(types, s, std::vector<std::byte>(8)), incompatible);
}

}  // namespace
}  // namespace rk::model
