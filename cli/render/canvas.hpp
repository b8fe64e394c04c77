#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "render/colour_map.hpp"
#include "render/series.hpp"

namespace rk::render {

/// A rectangle of whole pixels.
struct box {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

/// An RGB picture to draw on. What lies outside of it is cut off.
class canvas {
 public:
  /// Where a text stands relative to the x that it is given.
  enum class anchor { left, centre, right };
  static constexpr int text_height = 18;  ///< of a line, in pixels; capitals are 14 high

  /// @throws rk::invalid_argument unless both sides are 1 to 16384 pixels.
  canvas(int width, int height, rgb background);

  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }
  /// Row-major, top row first, three bytes a pixel.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

  void fill(const box& area, rgb colour);
  /// A border of `thickness` pixels around the area, outside of it.
  void frame(const box& area, int thickness, rgb colour);
  /// Strokes with smooth edges and round ends; where they cross, nothing is painted twice.
  /// Places are those of pixel centres.
  void polylines(std::span<const std::vector<point>> strokes, double thickness, rgb colour);
  /// A line of ASCII text whose capitals start at `top`; other characters become '?'.
  void text(int x, int top, std::string_view line, rgb colour, anchor at = anchor::left);
  /// Width of a line of text in pixels.
  [[nodiscard]] static int text_width(std::string_view line);

 private:
  void blend(int x, int y, rgb colour, double part);

  int width_;
  int height_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace rk::render
