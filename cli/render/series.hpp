#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "render/axis.hpp"
#include "render/field.hpp"

namespace rk::render {

/// A place in a drawing, x to the right and y down, both in dots or pixels.
struct point {
  double x = 0;
  double y = 0;
};

/// One-dimensional data brought to the width of a drawing.
struct traced_line {
  /// Strokes without a gap; a stroke of one point is a single value between gaps. Where several
  /// values share a place across, the stroke goes through the first, the least, the greatest and
  /// the last of them, so that no spike is lost.
  std::vector<std::vector<point>> strokes;
  /// Per place across, whether NaN or infinite values are there.
  std::vector<pixel::kind> marks;
};

/// Places the values on `width` x `height` dots, index 0 at x = 0, `range.low` at y = height - 1.
/// NaN and infinite values break the line;
/// a single value is a level line.
[[nodiscard]] traced_line trace_line(std::span<const double> values, const axis& range,
                                     std::size_t width, std::size_t height);

/// How a line plot is drawn, in the terminal and as a picture.
struct line_plot_options {
  std::string title;              ///< a line above the plot; hostile text is escaped
  std::optional<double> low;      ///< the value axis contains it; default the minimum
  std::optional<double> high;     ///< the value axis contains it; default the maximum
  std::optional<double> first_x;  ///< label of the first value's place; default 0
  std::optional<double> last_x;   ///< label of the last value's place; default its index
  int text_rows = 12;             ///< height of the plot in the terminal, without axis and legend
};

/// The value axis for data with these statistics.
[[nodiscard]] axis value_axis(const field_statistics& of, const line_plot_options& options,
                              int wanted_ticks);

/// The labels below the ends of the x axis.
struct end_labels {
  std::string first;
  std::string last;  ///< empty for a single value
};
[[nodiscard]] end_labels x_labels(std::size_t values, const line_plot_options& options);

}  // namespace rk::render
