#include "render/axis.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace rk::render {
namespace {

std::vector<std::string> labels(const axis& of) {
  std::vector<std::string> out;
  for (const axis::tick& t : of.ticks) out.push_back(t.label);
  return out;
}

TEST(round_axis, ticks_are_numbers_that_people_would_choose) {
  EXPECT_EQ(labels(round_axis(-0.73, 1, 4)),
            (std::vector<std::string>{"-1.0", "-0.5", "0", "0.5", "1.0"}));
  EXPECT_EQ(labels(round_axis(3, 97, 5)),
            (std::vector<std::string>{"0", "20", "40", "60", "80", "100"}));
  EXPECT_EQ(labels(round_axis(0, 4e9, 4)),
            (std::vector<std::string>{"0", "1e9", "2e9", "3e9", "4e9"}));
}

TEST(round_axis, neighbouring_ticks_never_share_a_label) {
  const double largest = std::numeric_limits<double>::max();
  const std::vector<std::pair<double, double>> ranges{
      {1e6, 1e6 + 2},      {1e15, 1e15 + 4}, {-1e-9, 1e-9},    {0, 5e-324},
      {-largest, largest}, {7, 7},           {0, 0},           {largest, largest},
      {1, 1 + 1e-15},      {-3e-5, 2e5},     {1e-300, 2e-300}, {123.4, 123.5}};
  for (const auto& [low, high] : ranges) {
    const axis of = round_axis(low, high, 5);
    const std::vector<std::string> all = labels(of);
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size()) << low;
    const double noise = 2e-9 * (of.ticks[1].value / 2 - of.ticks[0].value / 2);
    EXPECT_LE(of.low - noise, low);
    EXPECT_GE(of.high + noise, high);
    EXPECT_LE(of.ticks.size(), 12U);
    EXPECT_TRUE(std::isfinite(of.low) && std::isfinite(of.high));
    EXPECT_TRUE(of.position(low) >= 0 && of.position(high) <= 1);
  }
}

TEST(round_axis, rounding_noise_below_zero_does_not_add_a_tick) {
  EXPECT_EQ(round_axis(-1e-17, 1, 4).low, 0);
}

}  // namespace
}  // namespace rk::render
