#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rk::render {

/// Text that came from a target, made safe to show: control characters, invalid UTF-8, and the
/// invisible characters that reorder or hide text become escapes (`\n`, `\x1b`, `\u{202e}`).
/// Everything else, backslashes included, stays as it is, so the result is for eyes, not for
/// parsers.
[[nodiscard]] std::string printable(std::string_view text);

/// Character cells that printable UTF-8 text takes: 2 for East Asian wide characters and emoji, 0
/// for combining marks, 1 for the rest. Independent of the process's locale, unlike `wcwidth`.
[[nodiscard]] int display_width(std::string_view text);

/// The text if it fits into `width` cells, else its beginning and an ellipsis ("…", or "..."
/// without UTF-8) of together at most `width` cells.
[[nodiscard]] std::string elide(std::string_view text, int width, bool utf8);

/// `text` repeated `times` times; none for a negative count.
[[nodiscard]] std::string repeat(std::string_view text, int times);

/// Joins the parts by two spaces, and starts a new line, indented by `indent` cells, before a part
/// that would go beyond `width`. A part wider than a line is elided. Ends with a newline. Escape
/// sequences inside a part are not counted as cells.
class line_wrapper {
 public:
  line_wrapper(int width, int indent, bool utf8);
  /// Adds a part that shows as `cells` cells and may hold escape sequences.
  void add_drawn(std::string_view part, int cells);
  /// Adds a part of plain text.
  void add(std::string_view part);
  /// The next part starts a line.
  void end_line();
  [[nodiscard]] std::string finish();

 private:
  int width_;
  int indent_;
  bool utf8_;
  int used_ = 0;
  std::string lines_;
};

}  // namespace rk::render
