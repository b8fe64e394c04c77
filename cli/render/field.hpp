#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "render/colour_map.hpp"

namespace rk::render {

/// What is true of a whole field, before anything is averaged away for a picture of it.
struct field_statistics {
  double minimum = 0;  ///< of the finite values; 0 when there are none
  double maximum = 0;
  double mean = 0;
  std::size_t finite = 0;
  std::size_t nan = 0;
  std::size_t infinite = 0;  ///< of either sign
};

/// One pass; no intermediate overflow, whatever the values.
[[nodiscard]] field_statistics measure(std::span<const double> values);

/// One pixel of a picture: the mean of the cells under it, or the mark that one of them asks for.
struct pixel {
  enum class kind : unsigned char { finite, nan, infinite };
  double value = 0;  ///< meaningful for `finite` only
  kind is = kind::finite;
};

/// A picture of a field, row-major, its first row on top.
struct pixel_grid {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<pixel> pixels;

  [[nodiscard]] const pixel& at(std::size_t row, std::size_t column) const {
    return pixels[row * columns + column];
  }
};

/// Brings a row-major field to another size: areas are averaged where it shrinks, cells are
/// repeated where it grows. A single NaN (or else infinite) cell marks the whole pixel above it, so
/// that it stays visible in a picture of any size. All four sizes are at least 1.
[[nodiscard]] pixel_grid resample(std::span<const double> values, std::size_t rows,
                                  std::size_t columns, std::size_t to_rows, std::size_t to_columns);

/// From values to places in a colour map.
struct colour_scale {
  colour_map map = colour_map::sequential;
  double low = 0;
  double high = 0;

  /// 0 at `low`, 1 at `high`, clamped; 0.5 where the range is empty.
  [[nodiscard]] double position(double value) const;
  /// The colour of a pixel, its mark's colour if it has one.
  [[nodiscard]] rgb colour(const pixel& of) const;
};

/// A range that the caller fixes, for pictures that are compared; the rest is taken from the data.
/// Both ends are finite; in the wrong order they are exchanged.
struct range_options {
  std::optional<double> low;
  std::optional<double> high;
  std::optional<colour_map> map;
};

/// The map is diverging and the range symmetric when the data straddles zero, that is when the
/// smaller side is at least 1 % of the larger; rounding noise below zero does not count.
[[nodiscard]] colour_scale choose_scale(const field_statistics& of, const range_options& wanted);

/// @throws rk::invalid_argument unless `values` has `rows * columns` elements.
void require_shape(std::span<const double> values, std::size_t rows, std::size_t columns);

}  // namespace rk::render
