#include "render/field.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <rk/error.hpp>

namespace rk::render {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();

TEST(measure, numbers_that_are_none_do_not_spoil_the_others) {
  const field_statistics of = measure(std::vector{1.0, nan_value, 3.0, infinity, -infinity});
  EXPECT_EQ(of.minimum, 1);
  EXPECT_EQ(of.maximum, 3);
  EXPECT_DOUBLE_EQ(of.mean, 2);
  EXPECT_EQ(of.finite, 2U);
  EXPECT_EQ(of.nan, 1U);
  EXPECT_EQ(of.infinite, 2U);
}

TEST(measure, the_mean_of_the_largest_numbers_does_not_overflow) {
  EXPECT_NEAR(measure(std::vector(1000, largest)).mean / largest, 1, 1e-12);
}

TEST(measure, nothing_finite_leaves_plain_zeros) {
  EXPECT_EQ(measure({}).mean, 0);
  EXPECT_EQ(measure(std::vector{nan_value}).maximum, 0);
}

TEST(resample, shrinking_averages_every_cell_exactly_once) {
  const std::vector<double> field{1, 2, 3, 4,  //
                                  5, 6, 7, 8};
  const pixel_grid small = resample(field, 2, 4, 1, 2);
  EXPECT_DOUBLE_EQ(small.at(0, 0).value, 3.5);
  EXPECT_DOUBLE_EQ(small.at(0, 1).value, 5.5);
}

TEST(resample, growing_repeats_cells) {
  const pixel_grid large = resample(std::vector{1.0, 2.0}, 1, 2, 2, 4);
  EXPECT_EQ(large.at(1, 1).value, 1);
  EXPECT_EQ(large.at(0, 2).value, 2);
}

TEST(resample, one_bad_cell_among_thousands_stays_visible) {
  std::vector<double> field(100 * 100, 1.0);
  field[4242] = infinity;
  EXPECT_EQ(resample(field, 100, 100, 1, 1).at(0, 0).is, pixel::kind::infinite);
  field[17] = nan_value;
  EXPECT_EQ(resample(field, 100, 100, 1, 1).at(0, 0).is, pixel::kind::nan);
}

TEST(resample, an_average_of_the_largest_numbers_is_not_called_infinite) {
  const std::vector<double> field(7 * 3, largest);
  EXPECT_EQ(resample(field, 7, 3, 1, 1).at(0, 0).is, pixel::kind::finite);
}

TEST(choose_scale, data_around_zero_gets_white_for_zero) {
  const colour_scale scale = choose_scale(measure(std::vector{-1.0, 3.0}), {});
  EXPECT_EQ(scale.map, colour_map::diverging);
  EXPECT_EQ(scale.low, -3);
  EXPECT_EQ(scale.high, 3);
  EXPECT_EQ(scale.position(0), 0.5);
}

TEST(choose_scale, rounding_noise_below_zero_does_not_halve_the_colours) {
  const colour_scale scale = choose_scale(measure(std::vector{-1e-17, 3.0}), {});
  EXPECT_EQ(scale.map, colour_map::sequential);
}

TEST(choose_scale, a_range_that_the_caller_fixes_is_kept) {
  const range_options fixed{-2.0, 5.0, colour_map::sequential};
  const colour_scale scale = choose_scale(measure(std::vector{0.0, 1.0}), fixed);
  EXPECT_EQ(scale.low, -2);
  EXPECT_EQ(scale.high, 5);
  EXPECT_EQ(scale.map, colour_map::sequential);
  const colour_scale exchanged = choose_scale(measure(std::vector{0.0}), {5.0, 1.0, {}});
  EXPECT_LT(exchanged.low, exchanged.high);
}

TEST(colour_scale, a_constant_field_and_the_widest_range_do_not_divide_by_zero_or_overflow) {
  EXPECT_EQ((colour_scale{colour_map::sequential, 7, 7}.position(7)), 0.5);
  const colour_scale widest{colour_map::diverging, -largest, largest};
  EXPECT_EQ(widest.position(0), 0.5);
  EXPECT_EQ(widest.position(largest), 1);
}

TEST(require_shape, a_field_of_another_size_is_not_read_out_of_bounds) {
  const std::vector<double> six(6);
  EXPECT_NO_THROW(require_shape(six, 2, 3));
  EXPECT_THROW(require_shape(six, 3, 3), invalid_argument);
  EXPECT_THROW(require_shape(six, 0, 6), invalid_argument);
  EXPECT_THROW(require_shape(six, std::size_t{1} << 63U, 2), invalid_argument);
  EXPECT_NO_THROW(require_shape({}, 0, 5));
}

}  // namespace
}  // namespace rk::render
