#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <numbers>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "render/terminal.hpp"
#include "render/text.hpp"

namespace rk::render::testing {

/// A terminal of that width with 24-bit colour and UTF-8.
inline terminal colourful(int columns) {
  return {true, columns, true, true, true};
}

/// The text without its colour sequences.
inline std::string bare(const std::string& text) {
  static const std::regex sequence("\x1b\\[[0-9;]*m");
  return std::regex_replace(text, sequence, "");
}

/// Cells of the widest line.
inline int widest_line(const std::string& text) {
  std::istringstream lines(bare(text));
  int widest = 0;
  for (std::string line; std::getline(lines, line);) {
    widest = std::max(widest, display_width(line));
  }
  return widest;
}

/// Processor time of this process so far: a bound on it holds on a busy machine too.
inline double cpu_seconds() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

/// How long drawing the largest data may take; builds without optimisation, as with sanitizers, are
/// several times slower.
#ifdef __OPTIMIZE__
inline constexpr double patience_seconds = 1;
#else
inline constexpr double patience_seconds = 6;
#endif

/// A wave that decays from the middle outwards, positive and negative, in a square field.
inline std::vector<double> radial_wave(std::size_t size) {
  std::vector<double> field;
  field.reserve(size * size);
  const double middle = static_cast<double>(size - 1) / 2;
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t column = 0; column < size; ++column) {
      const double y = static_cast<double>(row) - middle, x = static_cast<double>(column) - middle;
      const double distance = std::hypot(x, y) / static_cast<double>(size);
      field.push_back(std::cos(6 * std::numbers::pi * distance) * std::exp(-3 * distance));
    }
  }
  return field;
}

}  // namespace rk::render::testing
