#include "render/text.hpp"

#include <string>

#include <gtest/gtest.h>

namespace rk::render {
namespace {

using namespace std::string_literals;

TEST(printable, control_characters_never_reach_the_terminal) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(printable("line\nnext\rtab\t."), "line\\nnext\\rtab\\t.");
  EXPECT_EQ(printable("nul\0bell\a"s), "nul\\x00bell\\x07");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u{9b}31m");
}

TEST(printable, no_byte_of_any_value_passes_as_a_control_character) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      for (const char c : printable(text)) {
        const auto byte = static_cast<unsigned char>(c);
        ASSERT_TRUE(byte >= 0x20 && byte != 0x7F) << first << " " << second;
      }
    }
  }
}

TEST(printable, text_cannot_be_reordered_or_hidden) {
  EXPECT_EQ(printable("x\u202Ey"), "x\\u{202e}y");
  EXPECT_EQ(printable("x\u200By"), "x\\u{200b}y");
  EXPECT_EQ(printable("x\u2066y"), "x\\u{2066}y");
}

TEST(printable, broken_utf8_is_shown_byte_by_byte) {
  EXPECT_EQ(printable("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(printable, ordinary_text_is_not_mangled) {
  EXPECT_EQ(printable("Druck µ 圧力 🚀 C:\\x"), "Druck µ 圧力 🚀 C:\\x");
}

TEST(display_width, cells_are_counted_and_not_bytes) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("µ×é"), 3);
  EXPECT_EQ(display_width("圧力"), 4);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("🚀"), 2);
}

TEST(elide, the_result_never_exceeds_the_width) {
  EXPECT_EQ(elide("pressure", 8, true), "pressure");
  EXPECT_EQ(elide("pressure", 5, true), "pres…");
  EXPECT_EQ(elide("pressure", 5, false), "pr...");
  EXPECT_EQ(elide("圧力分布", 4, true), "圧…");
  for (int width = 0; width < 10; ++width) {
    EXPECT_LE(display_width(elide("圧力分布 of it all", width, true)), width);
    EXPECT_LE(display_width(elide("圧力分布 of it all", width, false)), width);
  }
}

TEST(line_wrapper, a_part_is_moved_to_the_next_line_and_not_torn) {
  line_wrapper lines(12, 2, true);
  lines.add("min 1");
  lines.add("max 2");
  lines.add("longer than a line");
  EXPECT_EQ(lines.finish(), "  min 1\n  max 2\nlonger than…\n");
}

}  // namespace
}  // namespace rk::render
