#include "render/number.hpp"

#include <chrono>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace rk::render {
namespace {

using namespace std::chrono_literals;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(bytes, units_are_binary_and_change_before_four_digits_are_needed) {
  EXPECT_EQ(bytes(0), "0 B");
  EXPECT_EQ(bytes(1023), "1023 B");
  EXPECT_EQ(bytes(1024), "1.0 KiB");
  EXPECT_EQ(bytes(1536 * 1024), "1.5 MiB");
  EXPECT_EQ(bytes(123ULL << 30U), "123 GiB");
  EXPECT_EQ(bytes((1ULL << 20U) - 1), "1.0 MiB");
  EXPECT_EQ(bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(duration, every_size_has_its_unit) {
  EXPECT_EQ(duration(0ns), "0 ns");
  EXPECT_EQ(duration(850ns), "850 ns");
  EXPECT_EQ(duration(14'200ns), "14.2 µs");
  EXPECT_EQ(duration(14'200ns, false), "14.2 us");
  EXPECT_EQ(duration(3'200ms), "3.2 s");
  EXPECT_EQ(duration(312s), "5 min 12 s");
  EXPECT_EQ(duration(125min), "2 h 5 min");
  EXPECT_EQ(duration(76h), "3 d 4 h");
  EXPECT_EQ(duration(-14'200ns), "-14.2 µs");
}

TEST(duration, rounding_never_shows_a_unit_that_is_full) {
  EXPECT_EQ(duration(999'960ns), "1.0 ms");
  EXPECT_EQ(duration(59'940ms), "59.9 s");
  EXPECT_EQ(duration(59'970ms), "1 min 0 s");
  EXPECT_EQ(duration(3'599'700ms), "1 h 0 min");
}

TEST(duration, what_is_no_duration_is_not_printed_as_one) {
  using nanoseconds = std::chrono::duration<double, std::nano>;
  EXPECT_EQ(duration(nanoseconds(not_a_number)), "-");
  EXPECT_EQ(duration(nanoseconds(infinity)), "-");
  EXPECT_EQ(duration(nanoseconds(1e40)), "1.16e26 d");
}

TEST(rate, widths_stay_short_from_very_slow_to_very_fast) {
  EXPECT_EQ(rate(0), "0 /s");
  EXPECT_EQ(rate(0.25), "0.25 /s");
  EXPECT_EQ(rate(5), "5.0 /s");
  EXPECT_EQ(rate(850), "850 /s");
  EXPECT_EQ(rate(12'345), "12.3 k/s");
  EXPECT_EQ(rate(999'960), "1.0 M/s");
  EXPECT_EQ(rate(70.4e9), "70.4 G/s");
  EXPECT_EQ(rate(not_a_number), "-");
}

TEST(count, thousands_are_grouped_at_every_size_and_sign) {
  EXPECT_EQ(count(0), "0");
  EXPECT_EQ(count(999), "999");
  EXPECT_EQ(count(1000), "1,000");
  EXPECT_EQ(count(1234567U), "1,234,567");
  EXPECT_EQ(count(-1234), "-1,234");
  EXPECT_EQ(count(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(count(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(value, numbers_read_the_same_in_every_place) {
  EXPECT_EQ(value(0.2), "0.2");
  EXPECT_EQ(value(-0.0), "0");
  EXPECT_EQ(value(1234567), "1.235e6");
  EXPECT_EQ(value(-1.234e-7), "-1.234e-7");
  EXPECT_EQ(value(1e-100), "1e-100");
  EXPECT_EQ(value(not_a_number), "NaN");
  EXPECT_EQ(value(-infinity), "-inf");
}

TEST(digits_between, close_values_do_not_print_alike) {
  EXPECT_EQ(digits_between(0, 1), 4);
  EXPECT_EQ(digits_between(-1, 1), 4);
  EXPECT_EQ(digits_between(2, 2), 4);
  EXPECT_EQ(digits_between(0, 0), 4);
  const int digits = digits_between(1'000'000, 1'000'006);
  EXPECT_NE(value(1'000'000, digits), value(1'000'006, digits));
}

}  // namespace
}  // namespace rk::render
