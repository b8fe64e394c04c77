#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "render/colour_map.hpp"
#include "render/terminal.hpp"

namespace rk::render {

/// A line of coloured characters, with a colour sequence only where the colour changes. No colour
/// leaks out of it.
class coloured_line {
 public:
  explicit coloured_line(const terminal& where) : where_(where) {}

  /// Adds characters; none stands for the terminal's own colour.
  void put(std::string_view characters, std::optional<rgb> front, std::optional<rgb> behind);
  /// The line so far, colours ended, without a newline; leaves it empty.
  [[nodiscard]] std::string finish();

 private:
  void reset();

  terminal where_;
  std::string text_;
  std::optional<rgb> front_;
  std::optional<rgb> behind_;
};

}  // namespace rk::render
