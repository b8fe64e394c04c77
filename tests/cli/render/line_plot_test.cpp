#include "render/line_plot.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace rk::render {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> decaying_wave(int size) {
  std::vector<double> values;
  for (int i = 0; i < size; ++i) values.push_back(std::cos(i * 0.2) * std::exp(-i * 0.03));
  return values;
}

terminal of_width(int columns) {
  terminal where = plain();
  where.columns = columns;
  return where;
}

line_plot_options of_height(int text_rows) {
  line_plot_options options;
  options.text_rows = text_rows;
  return options;
}

TEST(line_plot, the_shape_of_the_data_is_recognisable) {
  line_plot_options options = of_height(6);
  options.title = "residual";
  EXPECT_EQ(line_plot(decaying_wave(100), of_width(50), options),
            "residual\n"
            " 1 ┤⠑⢤\n"
            "   │  ⠱⡀         ⢀⣀⡀\n"
            "   │   ⢇       ⡠⠊⠁ ⠈⠑⢄⡀      ⢀⡠⠤⠤⠤⠤⢄⡀       ⣀⣀⣀⣀⣀⣀\n"
            " 0 ┤   ⠈⢢    ⢀⠞⠁      ⠈⠒⠤⠤⠤⠔⠊⠁      ⠈⠉⠉⠒⠒⠉⠉⠉\n"
            "   │     ⠑⢄⣀⠴⠁\n"
            "-1 ┤\n"
            "   └──────────────────────────────────────────────\n"
            "    0                                           99\n"
            "    100 values  min -0.6312  max 1  mean 0.01432\n"
            "    NaN 0  Inf 0\n");
}

TEST(line_plot, a_terminal_without_utf8_gets_ascii) {
  terminal ascii = of_width(50);
  ascii.utf8 = false;
  EXPECT_EQ(line_plot(decaying_wave(100), ascii, of_height(6)),
            " 1 |**\n"
            "   | **\n"
            "   |   *       ********      ********       ******\n"
            " 0 |    **   **       ********      ********\n"
            "   |     *****\n"
            "-1 |\n"
            "   +----------------------------------------------\n"
            "    0                                           99\n"
            "    100 values  min -0.6312  max 1  mean 0.01432\n"
            "    NaN 0  Inf 0\n");
}

TEST(line_plot, what_is_no_number_leaves_a_gap_and_a_mark) {
  std::vector<double> values = decaying_wave(10);
  values[4] = nan_value;
  values[5] = infinity;
  EXPECT_EQ(line_plot(values, of_width(30), of_height(6)),
            " 1 ┤⠉⠉⠉⠒⠒⠢⠤⠤⣀\n"
            "   │\n"
            "   │                 ⠉⠒⠢⠤⣀⡀\n"
            " 0 ┤                      ⠈⠉⠒⠒\n"
            "   │\n"
            "-1 ┤\n"
            "   └───────────?──!───────────\n"
            "    0                        9\n"
            "    10 values  min -0.1734\n"
            "    max 1  mean 0.4771\n"
            "    NaN 1 (?)  Inf 1 (!)\n");
}

TEST(line_plot, constant_data_and_a_single_value_are_level_lines) {
  const std::string constant = line_plot(std::vector(3, 5.0), of_width(20), of_height(4));
  EXPECT_NE(constant.find("5 ┤⠉"), std::string::npos) << constant;
  const std::string single = line_plot(std::vector{5.0}, of_width(20), of_height(4));
  EXPECT_EQ(single.substr(0, single.find("└")), constant.substr(0, constant.find("└")));
}

TEST(line_plot, data_without_a_number_does_not_crash) {
  EXPECT_EQ(line_plot({}, plain()), "no values\n");
  const std::string drawn = line_plot(std::vector(2, nan_value), of_width(30));
  EXPECT_NE(drawn.find("none finite"), std::string::npos);
}

TEST(line_plot, one_spike_among_a_million_values_stays_visible) {
  std::vector<double> values(1'000'000, 0.0);
  const std::string flat = line_plot(values, plain());
  values[654'321] = 1;
  values[123'456] = -1;
  const traced_line line = trace_line(values, round_axis(-1, 1, 4), 160, 48);
  double top = 47, bottom = 0;
  for (const point& p : line.strokes.at(0)) {
    top = std::min(top, p.y);
    bottom = std::max(bottom, p.y);
  }
  EXPECT_EQ(top, 0);
  EXPECT_EQ(bottom, 47);
  EXPECT_NE(line_plot(values, plain()), flat);
}

TEST(line_plot, crowded_data_costs_a_few_points_a_place) {
  const traced_line line = trace_line(decaying_wave(100'000), round_axis(-1, 1, 4), 100, 40);
  EXPECT_LE(line.strokes.at(0).size(), 400U);
}

TEST(line_plot, no_line_is_wider_than_the_terminal) {
  std::vector<double> values = decaying_wave(500);
  values[3] = -1.5e-200;
  values[9] = 1e200;
  values[12] = nan_value;
  for (const int columns : {1, 2, 4, 9, 15, 30, 100, 250}) {
    terminal where = testing::colourful(columns);
    EXPECT_LE(testing::widest_line(line_plot(values, where)), std::max(columns, 2));
    where.utf8 = false;
    EXPECT_LE(testing::widest_line(line_plot(values, where)), std::max(columns, 2));
  }
}

TEST(line_plot, the_index_axis_shows_the_range_that_the_caller_names) {
  line_plot_options options = of_height(3);
  options.first_x = -1.5;
  options.last_x = 1.5;
  options.title = "\x1b[2J";
  const std::string drawn = line_plot(decaying_wave(20), of_width(40), options);
  EXPECT_EQ(drawn.substr(0, drawn.find('\n')), "\\x1b[2J");
  EXPECT_NE(drawn.find("-1.5    "), std::string::npos);
  EXPECT_NE(drawn.find("    1.5\n"), std::string::npos);
}

TEST(line_plot, sixteen_million_values_do_not_keep_the_user_waiting) {
  const std::vector<double> values(16'000'000, 2.0);
  const double start = testing::cpu_seconds();
  EXPECT_FALSE(line_plot(values, plain()).empty());
  EXPECT_LT(testing::cpu_seconds() - start, testing::patience_seconds);
}

}  // namespace
}  // namespace rk::render
