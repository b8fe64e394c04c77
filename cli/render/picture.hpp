#pragma once

#include <cstddef>
#include <span>

#include "render/canvas.hpp"
#include "render/heat_map.hpp"
#include "render/series.hpp"

namespace rk::render {

/// A finished picture, and where in it the data is.
struct picture {
  canvas image;
  box plot;  ///< the field, or the area of the line, inside its frame
  box bar;   ///< the colour bar; empty for a line plot
};

/// The field with row 0 on top, each cell a block of whole pixels, the longer side 512 pixels or
/// more. Fields of more than 2048 cells a side are averaged by areas down to that; fields with a
/// thin side get higher or wider cells. Around it: frame, index labels, title, colour bar with its
/// range, and the statistics.
/// @throws rk::invalid_argument if the field is empty or has another number of values.
[[nodiscard]] picture draw_heat_map(std::span<const double> values, std::size_t rows,
                                    std::size_t columns, const heat_map_options& options = {});

/// The line on a grid with round labels, 1024 x 448 pixels in all. NaN and infinite values leave a
/// gap and a mark on the index axis.
/// @throws rk::invalid_argument if there are no values.
[[nodiscard]] picture draw_line_plot(std::span<const double> values,
                                     const line_plot_options& options = {});

}  // namespace rk::render
