#include "render/heat_map.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rk/error.hpp>

#include "test_support.hpp"

namespace rk::render {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

heat_map_options of_height(int text_rows) {
  heat_map_options options;
  options.text_rows = text_rows;
  return options;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(heat_map, the_picture_is_not_transposed_or_upside_down) {
  std::vector<double> rising;
  for (int i = 0; i < 24; ++i) rising.push_back(i);
  EXPECT_EQ(heat_map(rising, 4, 6, plain(), of_height(4)),
            "0     ....::::\n"
            "  ::----======\n"
            "  ++++++****##\n"
            "3 ####%%%%@@@@\n"
            "  0          5\n"
            "  0 [  ..:::--===+++**###%%@@] 23\n"
            "  4 × 6  min 0  max 23  mean 11.5  NaN 0  Inf 0\n");
}

TEST(heat_map, a_wave_shows_its_crests_and_troughs_without_colour) {
  EXPECT_EQ(heat_map(testing::radial_wave(12), 12, 12, plain(), of_height(12)),
            " 0 ..  ``''''''''''''``  ..\n"
            "     ''''``..::::..``''''\n"
            "   ``''  ++xx++++xx++  ''``\n"
            "   ''``++++``vvvv``++++``''\n"
            "   ''..xx``WWWWWWWW``xx..''\n"
            "   ''::++vvWWxxxxWWvv++::''\n"
            "   ''::++vvWWxxxxWWvv++::''\n"
            "   ''..xx``WWWWWWWW``xx..''\n"
            "   ''``++++``vvvv``++++``''\n"
            "   ``''  ++xx++++xx++  ''``\n"
            "     ''''``..::::..``''''\n"
            "11 ..  ``''''''''''''``  ..\n"
            "   0                     11\n"
            "   -0.5778 [Wwwvv~~''``  ..::++xx##@] 0.5778\n"
            "   12 × 12  min -0.5778  max 0.3721  mean -0.03229  NaN 0  Inf 0\n");
}

TEST(heat_map, what_is_no_number_is_marked_and_counted) {
  heat_map_options options = of_height(2);
  options.title = "two\nlines";
  EXPECT_EQ(heat_map(std::vector{0.0, nan_value, 1.0, infinity}, 2, 2, plain(), options),
            "two\\nlines\n"
            "0   ??\n"
            "1 @@!!\n"
            "  0  1\n"
            "  0 [  ..:::--===+++**###%%@@] 1\n"
            "  2 × 2  min 0  max 1  mean 0.5  NaN 1 (?)  Inf 1 (!)\n");
}

TEST(heat_map, a_constant_field_is_drawn_in_the_middle_of_the_ramp) {
  EXPECT_EQ(heat_map(std::vector(6, 2.5), 2, 3, plain(), of_height(2)),
            "0 ++++++\n"
            "1 ++++++\n"
            "  0    2\n"
            "  2 × 3  min 2.5  max 2.5  mean 2.5  NaN 0  Inf 0\n");
}

TEST(heat_map, a_single_cell_is_large_enough_to_see) {
  EXPECT_EQ(heat_map(std::vector{-3.0}, 1, 1, plain(), of_height(2)),
            "0 ++++\n"
            "  ++++\n"
            "  0\n"
            "  1 × 1  min -3  max -3  mean -3  NaN 0  Inf 0\n");
}

TEST(heat_map, a_field_without_a_finite_value_has_no_invented_range) {
  EXPECT_EQ(heat_map(std::vector{nan_value}, 1, 1, plain(), of_height(1)),
            "0 ????\n"
            "  0\n"
            "  1 × 1  no finite values  NaN 1 (?)  Inf 0\n");
}

TEST(heat_map, an_empty_field_is_said_to_be_empty) {
  EXPECT_EQ(heat_map({}, 0, 5, plain()), "empty field, 0 x 5\n");
}

TEST(heat_map, a_wrong_shape_is_refused) {
  EXPECT_THROW((void)heat_map(std::vector(5, 1.0), 2, 3, plain()), invalid_argument);
}

TEST(heat_map, colours_go_to_the_right_half_of_each_character) {
  const std::string drawn =
      heat_map(std::vector{0.0, 1.0}, 2, 1, testing::colourful(40), of_height(1));
  const terminal where = testing::colourful(40);
  const rgb low = colour_at(colour_map::sequential, 0), high = colour_at(colour_map::sequential, 1);
  const std::string first = drawn.substr(0, drawn.find('\n'));
  EXPECT_EQ(first, "0 " + select_colour(low, layer::foreground, where) +
                       select_colour(high, layer::background, where) + "▀▀▀▀\x1b[0m");
}

TEST(heat_map, no_colour_leaks_into_the_next_line) {
  for (const bool truecolour : {false, true}) {
    terminal where = testing::colourful(60);
    where.truecolour = truecolour;
    const std::string drawn = heat_map(testing::radial_wave(31), 31, 31, where);
    bool coloured = false;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      if (drawn[i] == '\x1b') coloured = drawn.compare(i, 4, "\x1b[0m") != 0;
      EXPECT_FALSE(coloured && drawn[i] == '\n');
    }
  }
}

TEST(heat_map, a_pipe_gets_no_escape_sequences) {
  EXPECT_FALSE(contains(heat_map(testing::radial_wave(9), 9, 9, plain()), "\x1b"));
}

TEST(heat_map, only_ascii_goes_to_a_terminal_that_knows_no_more) {
  terminal ascii = testing::colourful(60);
  ascii.utf8 = false;
  for (const char c : heat_map(testing::radial_wave(50), 50, 50, ascii)) {
    EXPECT_EQ(static_cast<unsigned char>(c) & 0x80U, 0U);
  }
}

TEST(heat_map, no_line_is_wider_than_the_terminal_whatever_the_shape) {
  for (const std::size_t rows : {1U, 2U, 7U, 300U}) {
    for (const std::size_t columns : {1U, 3U, 40U, 1000U}) {
      std::vector<double> field(rows * columns, -1.23456e-7);
      field.front() = 9.87654e+100;
      field.back() = nan_value;
      for (const int width : {1, 2, 5, 13, 20, 41, 80, 200}) {
        terminal where = testing::colourful(width);
        EXPECT_LE(testing::widest_line(heat_map(field, rows, columns, where)), width);
        where.colour = where.truecolour = where.utf8 = false;
        EXPECT_LE(testing::widest_line(heat_map(field, rows, columns, where)), width);
      }
    }
  }
}

TEST(heat_map, a_picture_is_no_higher_than_allowed_and_says_that_it_averages) {
  const std::string drawn =
      heat_map(testing::radial_wave(200), 200, 200, testing::colourful(100), of_height(10));
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), '\n'), 10 + 3);
  EXPECT_TRUE(contains(drawn, "averaged"));
  EXPECT_FALSE(contains(heat_map(testing::radial_wave(20), 20, 20, plain()), "averaged"));
}

TEST(heat_map, a_long_thin_field_is_not_squeezed_into_nothing) {
  const std::string drawn = heat_map(std::vector(5000, 1.0), 1, 5000, testing::colourful(80));
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), '\n'), 2 + 2);
}

TEST(heat_map, extremes_are_those_of_the_cells_and_not_of_their_averages) {
  std::vector<double> field(512 * 512, 0.0);
  field[77] = 1000;
  EXPECT_TRUE(contains(heat_map(field, 512, 512, plain()), "max 1000"));
}

TEST(heat_map, sixteen_million_cells_do_not_keep_the_user_waiting) {
  const std::vector<double> field(4096 * 4096, 1.5);
  const double start = testing::cpu_seconds();
  const std::string drawn = heat_map(field, 4096, 4096, plain());
  EXPECT_LT(testing::cpu_seconds() - start, testing::patience_seconds);
  EXPECT_TRUE(contains(drawn, "mean 1.5"));
}

}  // namespace
}  // namespace rk::render
