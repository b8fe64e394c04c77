#include "render/colour_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace rk::render {
namespace {

double linear(std::uint8_t channel) {
  const double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

/// Oklab, the way back from sRGB.
std::array<double, 3> oklab(rgb colour) {
  const double r = linear(colour.red), g = linear(colour.green), b = linear(colour.blue);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

double seen_distance(rgb p, rgb q) {
  const auto a = oklab(p), b = oklab(q);
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

TEST(colour_map, equal_steps_of_the_value_are_equal_steps_to_the_eye) {
  for (const colour_map map : {colour_map::sequential, colour_map::diverging}) {
    double least = 1e9, greatest = 0;
    for (int i = 0; i < 16; ++i) {
      if (map == colour_map::diverging && i == 8) continue;
      const double step = seen_distance(colour_at(map, i / 16.0), colour_at(map, (i + 1) / 16.0));
      least = std::min(least, step);
      greatest = std::max(greatest, step);
    }
    EXPECT_LT(greatest, 1.35 * least);
  }
}

TEST(colour_map, larger_values_are_never_darker_in_the_sequential_map) {
  double before = 0;
  for (int i = 0; i <= 64; ++i) {
    const double lightness = oklab(colour_at(colour_map::sequential, i / 64.0))[0];
    EXPECT_GT(lightness, before);
    before = lightness;
  }
}

TEST(colour_map, the_middle_of_the_diverging_map_is_neutral_and_its_sides_are_told_apart) {
  const rgb middle = colour_at(colour_map::diverging, 0.5);
  EXPECT_GT(std::min({middle.red, middle.green, middle.blue}), 240);
  const rgb low = colour_at(colour_map::diverging, 0.25);
  const rgb high = colour_at(colour_map::diverging, 0.75);
  EXPECT_GT(low.blue, low.red + 60);
  EXPECT_GT(high.red, high.blue + 60);
  const double low_end = oklab(colour_at(colour_map::diverging, 0))[0];
  EXPECT_NEAR(low_end, oklab(colour_at(colour_map::diverging, 1))[0], 0.02);
}

TEST(colour_map, positions_outside_the_range_do_not_read_outside_the_map) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const colour_map map : {colour_map::sequential, colour_map::diverging}) {
    EXPECT_EQ(colour_at(map, -3), colour_at(map, 0));
    EXPECT_EQ(colour_at(map, 1e300), colour_at(map, 1));
    EXPECT_EQ(colour_at(map, nan), colour_at(map, 0));
  }
}

TEST(colour_map, marks_cannot_be_mistaken_for_values) {
  for (const colour_map map : {colour_map::sequential, colour_map::diverging}) {
    for (int i = 0; i <= 255; ++i) {
      EXPECT_GT(seen_distance(colour_at(map, i / 255.0), nan_colour), 0.15);
      EXPECT_GT(seen_distance(colour_at(map, i / 255.0), infinite_colour), 0.1);
    }
  }
}

TEST(colour_map, the_256_colours_are_those_of_xterm) {
  EXPECT_EQ(nearest_of_256({0, 0, 0}), 16);
  EXPECT_EQ(nearest_of_256({255, 255, 255}), 231);
  EXPECT_EQ(nearest_of_256({255, 0, 0}), 196);
  EXPECT_EQ(nearest_of_256({95, 135, 175}), 67);
  EXPECT_EQ(nearest_of_256({8, 8, 8}), 232);
  EXPECT_EQ(nearest_of_256({120, 118, 119}), 243);
}

TEST(select_colour, sequences_fit_what_the_terminal_understands) {
  terminal where = testing::colourful(80);
  EXPECT_EQ(select_colour({1, 2, 3}, layer::foreground, where), "\x1b[38;2;1;2;3m");
  where.truecolour = false;
  EXPECT_EQ(select_colour({255, 0, 0}, layer::background, where), "\x1b[48;5;196m");
  EXPECT_EQ(select_colour({255, 0, 0}, layer::background, plain()), "");
  EXPECT_EQ(reset_colour(plain()), "");
}

}  // namespace
}  // namespace rk::render
