#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include <rk/model/value.hpp>

namespace rk::model {
namespace {

template <class T>
[[nodiscard]] std::string text_of(encoding how, T value) {
  type t;
  t.how = how;
  t.size = sizeof value;
  std::vector<std::byte> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return format_scalar(t, bytes);
}

template <class T>
[[nodiscard]] std::string float_text(T value) {
  return text_of(encoding::floating, value);
}

[[nodiscard]] std::string half_text(std::uint16_t bits) {
  return float_text(bits);
}

[[nodiscard]] std::string bfloat_text(std::uint16_t bits) {
  return text_of(encoding::brain_floating, bits);
}

TEST(value_format, floats_show_no_digits_that_they_do_not_have) {
  EXPECT_EQ(float_text(0.1f), "0.1");
  EXPECT_EQ(float_text(0.1), "0.1");
  EXPECT_EQ(float_text(1.0f / 3), "0.33333334");
  EXPECT_EQ(float_text(101325.0f), "101325");
  EXPECT_EQ(float_text(-0.0), "-0");
}

TEST(value_format, what_is_not_finite_has_one_spelling) {
  using limits = std::numeric_limits<double>;
  EXPECT_EQ(float_text(limits::quiet_NaN()), "nan");
  EXPECT_EQ(float_text(-limits::quiet_NaN()), "nan");
  EXPECT_EQ(float_text(limits::infinity()), "inf");
  EXPECT_EQ(float_text(-limits::infinity()), "-inf");
  EXPECT_EQ(float_text(std::numeric_limits<float>::infinity()), "inf");
  EXPECT_EQ(half_text(0x7c00), "inf");
  EXPECT_EQ(half_text(0xfc00), "-inf");
  EXPECT_EQ(half_text(0xfe01), "nan");
  EXPECT_EQ(bfloat_text(0xff80), "-inf");
  EXPECT_EQ(bfloat_text(0xffc0), "nan");
}

TEST(value_format, sixteen_bits_are_not_given_the_digits_of_a_float) {
  EXPECT_EQ(half_text(0x2e66), "0.1");
  EXPECT_EQ(half_text(0x3555), "0.3333");
  EXPECT_EQ(half_text(0x7bff), "65500");
  EXPECT_EQ(half_text(0x0001), "6e-08");
  EXPECT_EQ(half_text(0x8001), "-6e-08");
  EXPECT_EQ(half_text(0x0000), "0");
  EXPECT_EQ(half_text(0x8000), "-0");
  EXPECT_EQ(half_text(0xc000), "-2");
  EXPECT_EQ(half_text(0x63d0), "1000");
  EXPECT_EQ(bfloat_text(0x3dcd), "0.1");
  EXPECT_EQ(bfloat_text(0x4049), "3.14");
  EXPECT_EQ(bfloat_text(0x0001), "9e-41");
  EXPECT_EQ(bfloat_text(0x7f7f), "3.39e+38");
}

/// Value of 16 bits with `fraction_bits` of fraction, from the definition.
[[nodiscard]] double value_of(unsigned bits, int fraction_bits) {
  const int bias = (1 << (14 - fraction_bits)) - 1;
  const int exponent = static_cast<int>(bits & 0x7fffu) >> fraction_bits;
  const int fraction = static_cast<int>(bits) & ((1 << fraction_bits) - 1);
  const int significand = exponent == 0 ? fraction : fraction + (1 << fraction_bits);
  return std::ldexp(significand, std::max(exponent, 1) - bias - fraction_bits);
}

/// Bits of the value nearest to `x`, which is positive; ties to even. `infinity` ends the finite
/// ones.
[[nodiscard]] unsigned nearest_bits(double x, int fraction_bits, unsigned infinity) {
  unsigned low = 0;
  unsigned high = infinity;  // has the value that the next power of two would have
  while (high - low > 1) {
    const unsigned middle = (low + high) / 2;
    (value_of(middle, fraction_bits) <= x ? low : high) = middle;
  }
  const double to_low = x - value_of(low, fraction_bits);
  const double to_high = value_of(high, fraction_bits) - x;
  if (to_low == to_high) return low % 2 == 0 ? low : high;
  return to_low < to_high ? low : high;
}

void expect_all_read_back(encoding how, int fraction_bits, unsigned infinity) {
  for (unsigned bits = 1; bits < infinity; ++bits) {
    const std::string text = text_of(how, static_cast<std::uint16_t>(bits));
    const double read = std::strtod(text.c_str(), nullptr);
    ASSERT_EQ(nearest_bits(read, fraction_bits, infinity), bits) << text;
    ASSERT_EQ(text_of(how, static_cast<std::uint16_t>(bits | 0x8000)), "-" + text);
  }
}

TEST(value_format, every_half_reads_back_to_itself) {
  expect_all_read_back(encoding::floating, 10, 0x7c00);
}

TEST(value_format, every_bfloat16_reads_back_to_itself) {
  expect_all_read_back(encoding::brain_floating, 7, 0x7f80);
}

TEST(value_format, truth_values_are_words) {
  EXPECT_EQ(text_of(encoding::boolean, true), "true");
  EXPECT_EQ(text_of(encoding::boolean, false), "false");
  EXPECT_EQ(text_of(encoding::boolean, std::uint8_t{2}), "true");
}

TEST(value_format, characters_cannot_steer_the_terminal) {
  const auto text = [](char c) { return text_of(encoding::character, c); };
  EXPECT_EQ(text('a'), "'a'");
  EXPECT_EQ(text(' '), "' '");
  EXPECT_EQ(text('\''), "'\\''");
  EXPECT_EQ(text('\\'), "'\\\\'");
  EXPECT_EQ(text('\n'), "'\\n'");
  EXPECT_EQ(text('\0'), "'\\0'");
  EXPECT_EQ(text('\x1b'), "'\\x1b'");
  EXPECT_EQ(text('\x7f'), "'\\x7f'");
  EXPECT_EQ(text('\xff'), "'\\xff'");
  EXPECT_EQ(text_of(encoding::character, char16_t{0x263a}), "'\\u263a'");
  EXPECT_EQ(text_of(encoding::character, char32_t{0x9b}), "'\\U0000009b'");
  for (int c = 0; c < 256; ++c) {
    for (const char shown : text(static_cast<char>(c))) EXPECT_TRUE(shown >= 0x20 && shown < 0x7f);
  }
}

TEST(value_format, addresses_are_hexadecimal) {
  EXPECT_EQ(text_of(encoding::pointer, std::uint64_t{0}), "0x0");
  EXPECT_EQ(text_of(encoding::pointer, std::uint64_t{0x7f00'1234'5000}), "0x7f0012345000");
  EXPECT_EQ(text_of(encoding::pointer, ~std::uint64_t{0}), "0xffffffffffffffff");
}

TEST(value_format, integers_are_whole) {
  EXPECT_EQ(text_of(encoding::signed_integer, std::int64_t{INT64_MIN}), "-9223372036854775808");
  EXPECT_EQ(text_of(encoding::unsigned_integer, ~std::uint64_t{0}), "18446744073709551615");
  EXPECT_EQ(text_of(encoding::signed_integer, std::int8_t{-1}), "-1");
}

}  // namespace
}  // namespace rk::model
