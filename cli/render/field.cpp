#include "render/field.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <rk/error.hpp>

namespace rk::render {
namespace {

/// Cells [first, last) that pixel `index` of `to` stands for, out of `from`; never empty.
struct interval {
  std::size_t first;
  std::size_t last;
};

interval cells_under(std::size_t index, std::size_t to, std::size_t from) {
  const std::size_t first = index * from / to;
  return {first, std::max(first + 1, (index + 1) * from / to)};
}

/// For an area whose mean is not finite: which mark it gets. The largest doubles can overflow a
/// mean by rounding alone; such an area has no mark.
pixel mark_of(std::span<const double> values, std::size_t columns, interval rows, interval across,
              double mean) {
  pixel found{mean > 0 ? std::numeric_limits<double>::max() : std::numeric_limits<double>::lowest(),
              pixel::kind::finite};
  for (std::size_t r = rows.first; r < rows.last; ++r) {
    for (std::size_t c = across.first; c < across.last; ++c) {
      const double v = values[r * columns + c];
      if (std::isnan(v)) return {0, pixel::kind::nan};
      if (std::isinf(v)) found = {0, pixel::kind::infinite};
    }
  }
  return found;
}

pixel average(std::span<const double> values, std::size_t columns, interval rows, interval across) {
  const std::size_t cells = (rows.last - rows.first) * (across.last - across.first);
  const double weight = 1.0 / static_cast<double>(cells);
  double mean = 0;
  for (std::size_t r = rows.first; r < rows.last; ++r) {
    const double* row = values.data() + r * columns;
    for (std::size_t c = across.first; c < across.last; ++c) mean += row[c] * weight;
  }
  if (std::isfinite(mean)) return {mean, pixel::kind::finite};
  return mark_of(values, columns, rows, across, mean);
}

bool straddles_zero(double low, double high) {
  return low < 0 && high > 0 && std::min(-low, high) >= 0.01 * std::max(-low, high);
}

}  // namespace

field_statistics measure(std::span<const double> values) {
  field_statistics found;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  const double weight = values.empty() ? 0 : 1.0 / static_cast<double>(values.size());
  double weighted = 0;
  for (const double v : values) {
    if (!std::isfinite(v)) {
      ++(std::isnan(v) ? found.nan : found.infinite);
      continue;
    }
    low = std::min(low, v);
    high = std::max(high, v);
    weighted += v * weight;
  }
  found.finite = values.size() - found.nan - found.infinite;
  if (found.finite == 0) return found;
  found.minimum = low;
  found.maximum = high;
  const double share = static_cast<double>(found.finite) * weight;
  found.mean = std::clamp(weighted / share, low, high);
  return found;
}

pixel_grid resample(std::span<const double> values, std::size_t rows, std::size_t columns,
                    std::size_t to_rows, std::size_t to_columns) {
  pixel_grid out{to_rows, to_columns, {}};
  out.pixels.reserve(to_rows * to_columns);
  for (std::size_t r = 0; r < to_rows; ++r) {
    const interval down = cells_under(r, to_rows, rows);
    for (std::size_t c = 0; c < to_columns; ++c) {
      out.pixels.push_back(average(values, columns, down, cells_under(c, to_columns, columns)));
    }
  }
  return out;
}

double colour_scale::position(double value) const {
  // Halved first, so that a range of the largest doubles stays finite.
  const double span = high / 2 - low / 2;
  if (!(span > 0)) return 0.5;
  return std::clamp((value / 2 - low / 2) / span, 0.0, 1.0);
}

rgb colour_scale::colour(const pixel& of) const {
  switch (of.is) {
    case pixel::kind::finite:
      return colour_at(map, position(of.value));
    case pixel::kind::nan:
      return nan_colour;
    case pixel::kind::infinite:
      return infinite_colour;
  }
  return nan_colour;
}

colour_scale choose_scale(const field_statistics& of, const range_options& wanted) {
  colour_scale scale{colour_map::sequential, wanted.low.value_or(of.minimum),
                     wanted.high.value_or(of.maximum)};
  if (scale.low > scale.high) std::swap(scale.low, scale.high);
  const bool straddles = straddles_zero(scale.low, scale.high);
  scale.map = wanted.map.value_or(straddles ? colour_map::diverging : colour_map::sequential);
  if (scale.map == colour_map::diverging && !wanted.low && !wanted.high) {
    scale.high = std::max(std::abs(scale.low), std::abs(scale.high));
    scale.low = -scale.high;
  }
  return scale;
}

void require_shape(std::span<const double> values, std::size_t rows, std::size_t columns) {
  const bool none = rows == 0 || columns == 0;
  if (none ? values.empty() : values.size() / rows == columns && values.size() % rows == 0) return;
  throw invalid_argument("a field of " + std::to_string(rows) + " x " + std::to_string(columns) +
                         " cells was given " + std::to_string(values.size()) +
                         " values; pass rows * columns values");
}

}  // namespace rk::render
