#include "render/heat_map.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "render/coloured_line.hpp"
#include "render/number.hpp"
#include "render/text.hpp"

namespace rk::render {
namespace {

/// How a text cell shows pixels.
enum class glyphs {
  half_blocks,  ///< one column and half a row a pixel: square
  blanks,       ///< coloured background, one column and one row a pixel: twice as high as wide
  ramp,         ///< the same without colour
};

constexpr std::string_view rising = " .:-=+*#%@";
constexpr std::string_view positive = " .:+x#@";
constexpr std::string_view negative = " `'~vwW";

struct layout {
  glyphs with;
  int gutter;  ///< columns left of the picture, for the row indices
  std::size_t pixel_rows;
  std::size_t pixel_columns;
};

glyphs choose_glyphs(const terminal& where) {
  if (!where.colour) return glyphs::ramp;
  return where.utf8 ? glyphs::half_blocks : glyphs::blanks;
}

/// Pixels a row of cells gets: a whole number when it grows, in proportion when it shrinks.
std::size_t scaled(std::size_t cells, double scale, std::size_t most) {
  const double wanted = scale >= 1 ? static_cast<double>(cells) * std::floor(scale)
                                   : std::round(static_cast<double>(cells) * scale);
  return std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, most);
}

/// A picture of one or two pixels across is no picture: thin fields are widened.
std::size_t thickened(std::size_t pixels, std::size_t cells) {
  constexpr std::size_t least = 4;
  if (pixels >= least) return pixels;
  return cells >= least ? least : cells * (least / cells);
}

layout arrange(std::size_t rows, std::size_t columns, const terminal& where, int text_rows) {
  layout plan{choose_glyphs(where), 0, 1, 1};
  const int labels = display_width(std::to_string(rows - 1)) + 1;
  if (where.columns >= labels + 12) plan.gutter = labels;
  const int height = std::max(text_rows, 1);
  const bool halves = plan.with == glyphs::half_blocks;
  const auto most_rows = static_cast<std::size_t>(halves ? 2 * height : height);
  const auto most_columns = static_cast<std::size_t>(std::max(where.columns - plan.gutter, 1));
  const double aspect = halves ? 1 : 2;  // pixel columns for a square of one pixel row
  const double by_rows = static_cast<double>(most_rows) / static_cast<double>(rows);
  const double by_columns =
      static_cast<double>(most_columns) / (aspect * static_cast<double>(columns));
  constexpr double largest = 16;
  const double scale = std::min({by_rows, by_columns, largest});
  plan.pixel_rows = std::min(thickened(scaled(rows, scale, most_rows), rows), most_rows);
  const std::size_t across = scale >= 1 ? scaled(columns, std::floor(scale) * aspect, most_columns)
                                        : scaled(columns, scale * aspect, most_columns);
  plan.pixel_columns = std::min(thickened(across, columns), most_columns);
  return plan;
}

char ramp_character(const pixel& of, const colour_scale& scale) {
  if (of.is == pixel::kind::nan) return '?';
  if (of.is == pixel::kind::infinite) return '!';
  const auto pick = [](std::string_view ramp, double part) {
    const double steps = static_cast<double>(ramp.size() - 1);
    return ramp[static_cast<std::size_t>(std::lround(part * steps))];
  };
  const double position = scale.position(of.value);
  if (scale.map == colour_map::sequential) return pick(rising, position);
  return position >= 0.5 ? pick(positive, 2 * position - 1) : pick(negative, 1 - 2 * position);
}

std::string text_row(const pixel_grid& grid, std::size_t row, glyphs with,
                     const colour_scale& scale, const terminal& where) {
  coloured_line line(where);
  for (std::size_t c = 0; c < grid.columns; ++c) {
    switch (with) {
      case glyphs::half_blocks:
        if (row + 1 < grid.rows) {
          line.put("▀", scale.colour(grid.at(row, c)), scale.colour(grid.at(row + 1, c)));
        } else {
          line.put("▀", scale.colour(grid.at(row, c)), std::nullopt);
        }
        break;
      case glyphs::blanks:
        line.put(" ", std::nullopt, scale.colour(grid.at(row, c)));
        break;
      case glyphs::ramp:
        line.put(std::string(1, ramp_character(grid.at(row, c), scale)), std::nullopt,
                 std::nullopt);
        break;
    }
  }
  return line.finish();
}

std::string picture_rows(const pixel_grid& grid, std::size_t rows, const layout& plan,
                         const colour_scale& scale, const terminal& where) {
  const std::size_t step = plan.with == glyphs::half_blocks ? 2 : 1;
  std::string out;
  for (std::size_t row = 0; row < grid.rows; row += step) {
    const bool last = row + step >= grid.rows;
    const std::string index = row == 0 ? "0" : last && rows > 1 ? std::to_string(rows - 1) : "";
    if (plan.gutter > 0) {
      out += repeat(" ", plan.gutter - 1 - static_cast<int>(index.size())) + index + " ";
    }
    out += text_row(grid, row, plan.with, scale, where);
    if (plan.with == glyphs::ramp) out.erase(out.find_last_not_of(' ') + 1);
    out += "\n";
  }
  return out;
}

std::string column_axis(std::size_t columns, const layout& plan) {
  const int width = static_cast<int>(plan.pixel_columns);
  const std::string last = columns > 1 ? std::to_string(columns - 1) : "";
  const int between = width - 1 - static_cast<int>(last.size());
  if (plan.gutter == 0 || between < (last.empty() ? 0 : 1)) return "";
  std::string line = repeat(" ", plan.gutter) + "0";
  if (!last.empty()) line += repeat(" ", between) + last;
  return line + "\n";
}

/// The colour bar between the ends of its range; adds nothing where all cells have one value.
void add_bar(line_wrapper& legend, const colour_scale& scale, const terminal& where) {
  if (!(scale.high > scale.low)) return;
  const int digits = digits_between(scale.low, scale.high);
  const std::string low = value(scale.low, digits), high = value(scale.high, digits);
  constexpr int most = 24;
  const int width = std::clamp(where.columns - display_width(low + high) - 4, 3, most);
  coloured_line bar(where);
  for (int i = 0; i < width; ++i) {
    const double part = static_cast<double>(i) / (width - 1);
    const pixel at{std::lerp(scale.low, scale.high, part)};
    if (where.colour) {
      bar.put(" ", std::nullopt, scale.colour(at));
    } else {
      bar.put(std::string(1, ramp_character(at, scale)), std::nullopt, std::nullopt);
    }
  }
  const std::string open = where.colour ? " " : " [", close = where.colour ? " " : "] ";
  const int cells = display_width(low + open + close + high) + width;
  if (cells <= where.columns) {
    legend.add_drawn(low + open + bar.finish() + close + high, cells);
  } else {
    legend.add(low + " .. " + high);
  }
}

void add_mark(line_wrapper& legend, std::string_view name, std::size_t cells, rgb colour,
              std::string_view glyph, const terminal& where) {
  const std::string text = std::string(name) + " " + count(cells);
  const int with_sample = display_width(text) + 2;
  if (cells == 0 || with_sample > where.columns) {
    legend.add(text);
  } else if (where.colour) {
    coloured_line mark(where);
    mark.put(" ", std::nullopt, colour);
    legend.add_drawn(text + " " + mark.finish(), with_sample);
  } else {
    legend.add(text + " (" + std::string(glyph) + ")");
  }
}

std::string legend(const field_statistics& of, std::size_t rows, std::size_t columns,
                   const layout& plan, const colour_scale& scale, const terminal& where) {
  line_wrapper lines(where.columns, plan.gutter, where.utf8);
  if (of.finite > 0) add_bar(lines, scale, where);
  lines.end_line();
  lines.add(std::to_string(rows) + (where.utf8 ? " × " : " x ") + std::to_string(columns));
  if (of.finite == 0) {
    lines.add("no finite values");
  } else {
    const int digits = digits_between(of.minimum, of.maximum);
    lines.add("min " + value(of.minimum, digits));
    lines.add("max " + value(of.maximum, digits));
    lines.add("mean " + value(of.mean, digits));
  }
  add_mark(lines, "NaN", of.nan, nan_colour, "?", where);
  add_mark(lines, "Inf", of.infinite, infinite_colour, "!", where);
  if (plan.pixel_rows < rows || plan.pixel_columns < columns) lines.add("averaged");
  return lines.finish();
}

}  // namespace

std::string heat_map(std::span<const double> values, std::size_t rows, std::size_t columns,
                     const terminal& where, const heat_map_options& options) {
  require_shape(values, rows, columns);
  std::string out;
  if (!options.title.empty()) {
    out = elide(printable(options.title), where.columns, where.utf8) + "\n";
  }
  if (values.empty()) {
    const std::string shape = std::to_string(rows) + " x " + std::to_string(columns);
    return out + elide("empty field, " + shape, where.columns, where.utf8) + "\n";
  }
  const field_statistics of = measure(values);
  const colour_scale scale = choose_scale(of, options.range);
  const layout plan = arrange(rows, columns, where, options.text_rows);
  const pixel_grid grid = resample(values, rows, columns, plan.pixel_rows, plan.pixel_columns);
  return out + picture_rows(grid, rows, plan, scale, where) + column_axis(columns, plan) +
         legend(of, rows, columns, plan, scale, where);
}

}  // namespace rk::render
