#include "render/table.hpp"

#include <string>

#include <gtest/gtest.h>

#include <rk/error.hpp>

#include "test_support.hpp"

namespace rk::render {
namespace {

table symbols() {
  table list({{"NAME"}, {"TYPE"}, {"BYTES", alignment::right}, {"WHERE"}});
  list.add_row({"pressure", "f32", "1.0 MiB", "segment"});
  list.add_row({"速度", "f64", "16 B", "global"});
  list.add_row({"a_rather_long_name_of_a_symbol", "u32", "4 B", ""});
  return list;
}

TEST(table, columns_line_up_and_no_line_ends_in_spaces) {
  EXPECT_EQ(symbols().render(plain()),
            "NAME                            TYPE    BYTES  WHERE\n"
            "pressure                        f32   1.0 MiB  segment\n"
            "速度                            f64      16 B  global\n"
            "a_rather_long_name_of_a_symbol  u32       4 B\n");
}

TEST(table, a_narrow_terminal_shortens_the_widest_text_and_leaves_numbers_whole) {
  terminal narrow = plain();
  narrow.is_tty = true;
  narrow.columns = 36;
  EXPECT_EQ(symbols().render(narrow),
            "NAME          TYPE    BYTES  WHERE\n"
            "pressure      f32   1.0 MiB  segment\n"
            "速度          f64      16 B  global\n"
            "a_rather_lo…  u32       4 B\n");
}

TEST(table, no_line_is_wider_than_the_terminal) {
  for (int columns = 1; columns < 60; ++columns) {
    terminal narrow = testing::colourful(columns);
    EXPECT_LE(testing::widest_line(symbols().render(narrow)), columns);
    narrow.utf8 = false;
    EXPECT_LE(testing::widest_line(symbols().render(narrow)), columns);
  }
}

TEST(table, a_pipe_gets_whole_cells_however_wide) {
  terminal pipe = plain();
  pipe.columns = 20;
  EXPECT_EQ(symbols().render(pipe), symbols().render(plain()));
}

TEST(table, a_hostile_name_cannot_steer_the_terminal_or_break_a_row) {
  table list({{"NAME"}});
  list.add_row({"x\x1b]0;owned\a\ny"});
  EXPECT_EQ(list.render(plain()), "NAME\nx\\x1b]0;owned\\x07\\ny\n");
}

TEST(table, a_row_with_a_missing_cell_is_refused_instead_of_shifted) {
  EXPECT_THROW(table({{"A"}, {"B"}}).add_row({"1"}), invalid_argument);
}

TEST(table, an_empty_table_still_shows_its_headers) {
  EXPECT_EQ(table({{"A"}, {"B"}}).render(plain()), "A  B\n");
}

TEST(table, headers_stand_out_in_colour_only) {
  EXPECT_EQ(table({{"A"}}).render(testing::colourful(80)), "\x1b[1mA\x1b[0m\n");
}

}  // namespace
}  // namespace rk::render
