#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "render/field.hpp"
#include "render/terminal.hpp"

namespace rk::render {

struct heat_map_options {
  std::string title;    ///< a line above the picture; hostile text is escaped
  range_options range;  ///< fix it to compare pictures
  int text_rows = 32;   ///< height of the picture at most, without title, axis and legend
};

/// Draws a row-major 2-D field, row 0 on top, as wide as the terminal at most.
///
/// With colour and UTF-8 a character holds two pixels, one above the other; with colour alone a
/// pixel is two blanks; without colour density stands for the value, and where the data straddles
/// zero the negative side has characters of its own. Large fields are averaged by areas, small ones
/// enlarged, and pixels stay roughly square. NaN and infinite cells are marked, '?' and '!' without
/// colour, and a mark survives averaging. Below come the index axis and the legend: colour bar with
/// its range, minimum, maximum and mean of all finite cells, and the counts of NaN and infinite
/// cells.
///
/// @throws rk::invalid_argument unless `values` has `rows * columns` elements.
[[nodiscard]] std::string heat_map(std::span<const double> values, std::size_t rows,
                                   std::size_t columns, const terminal& where,
                                   const heat_map_options& options = {});

}  // namespace rk::render
