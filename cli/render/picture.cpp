#include "render/picture.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <rk/error.hpp>

#include "render/number.hpp"
#include "render/text.hpp"

namespace rk::render {
namespace {

constexpr rgb paper{255, 255, 255};
constexpr rgb ink{60, 64, 72};
constexpr rgb faint{228, 231, 236};
constexpr rgb line_ink{24, 100, 190};

constexpr int edge = 20;   ///< free space at the border of the picture
constexpr int gap = 10;    ///< between things that belong together
constexpr int tick = 7;    ///< length of a tick mark
constexpr int border = 2;  ///< thickness of frames and ticks

/// Space above the plot, with room for the title if there is one.
int head(const std::string& title) {
  return title.empty() ? edge : edge + 2 * canvas::text_height;
}

void draw_title(canvas& on, const std::string& title) {
  on.text(edge, edge, printable(title), ink);
}

std::string summary(const field_statistics& of, int digits) {
  if (of.finite == 0) return "no finite values";
  return "min " + value(of.minimum, digits) + "   max " + value(of.maximum, digits) + "   mean " +
         value(of.mean, digits);
}

/// A sample of a mark's colour with its name and count; returns where the next one may start.
int draw_mark(canvas& on, int x, int top, rgb colour, const std::string& name, std::size_t cells) {
  if (cells == 0) return x;
  const std::string text = name + " " + count(cells);
  on.fill({x, top, 14, 14}, colour);
  on.text(x + 14 + gap, top, text, ink);
  return x + 14 + gap + canvas::text_width(text) + 2 * gap;
}

/// The lines below a plot: statistics, then the marks that occur.
void draw_summary(canvas& on, int x, int top, const field_statistics& of, bool averaged) {
  const std::string numbers = summary(of, digits_between(of.minimum, of.maximum));
  on.text(x, top, numbers + (averaged ? "   averaged" : ""), ink);
  const int next = top + canvas::text_height + gap / 2;
  const int after = draw_mark(on, x, next, nan_colour, "NaN", of.nan);
  draw_mark(on, after, next, infinite_colour, "Inf", of.infinite);
}

int summary_height(const field_statistics& of) {
  const bool marks = of.nan + of.infinite > 0;
  return (marks ? 2 : 1) * canvas::text_height + gap / 2;
}

/// Pixels a cell gets along each side.
struct cell_size {
  int width;
  int height;
};

cell_size size_of_cells(std::size_t rows, std::size_t columns) {
  constexpr int least_length = 512, least_thickness = 32;
  const auto enough = [](int pixels, std::size_t cells) {
    const int number = static_cast<int>(cells);
    return (pixels + number - 1) / number;
  };
  const int square = enough(least_length, std::max(rows, columns));
  return {std::max(square, enough(least_thickness, columns)),
          std::max(square, enough(least_thickness, rows))};
}

void draw_cells(canvas& on, const box& plot, const pixel_grid& grid, const colour_scale& scale) {
  const int width = plot.width / static_cast<int>(grid.columns);
  const int height = plot.height / static_cast<int>(grid.rows);
  for (std::size_t r = 0; r < grid.rows; ++r) {
    for (std::size_t c = 0; c < grid.columns; ++c) {
      on.fill({plot.left + static_cast<int>(c) * width, plot.top + static_cast<int>(r) * height,
               width, height},
              scale.colour(grid.at(r, c)));
    }
  }
  on.frame(plot, border, ink);
}

/// Index labels at the first and the last row and column.
void draw_indices(canvas& on, const box& plot, std::size_t rows, std::size_t columns) {
  const int left = plot.left - border - gap, below = plot.top + plot.height + border + gap;
  const int last_top = plot.top + plot.height - canvas::text_height + 4;
  on.text(left, plot.top, "0", ink, canvas::anchor::right);
  if (rows > 1) on.text(left, last_top, std::to_string(rows - 1), ink, canvas::anchor::right);
  on.text(plot.left, below, "0", ink);
  if (columns > 1) {
    on.text(plot.left + plot.width, below, std::to_string(columns - 1), ink, canvas::anchor::right);
  }
}

/// Values that are marked on the colour bar: both ends and, where there is room for its label, the
/// middle; or the one value there is.
std::vector<double> bar_ticks(const colour_scale& scale, int height) {
  if (!(scale.high > scale.low)) return {scale.low};
  if (height < 4 * canvas::text_height) return {scale.low, scale.high};
  return {scale.low, scale.low / 2 + scale.high / 2, scale.high};
}

std::string bar_label(const colour_scale& scale, double at) {
  return value(at, digits_between(scale.low, scale.high));
}

void draw_bar(canvas& on, const box& bar, const colour_scale& scale) {
  for (int y = 0; y < bar.height; ++y) {
    const double position = 1 - (y + 0.5) / bar.height;
    const bool one_value = !(scale.high > scale.low);
    on.fill({bar.left, bar.top + y, bar.width, 1},
            colour_at(scale.map, one_value ? 0.5 : position));
  }
  on.frame(bar, border, ink);
  const int right = bar.left + bar.width + border;
  for (const double at : bar_ticks(scale, bar.height)) {
    const int y = bar.top + static_cast<int>(std::lround((1 - scale.position(at)) * bar.height));
    on.fill({right, y - border / 2, tick, border}, ink);
    const int top = std::clamp(y - 7, bar.top, bar.top + bar.height - 14);
    on.text(right + tick + gap / 2, top, bar_label(scale, at), ink);
  }
}

int bar_label_width(const box& bar, const colour_scale& scale) {
  int width = 0;
  for (const double at : bar_ticks(scale, bar.height)) {
    width = std::max(width, canvas::text_width(bar_label(scale, at)));
  }
  return width;
}

}  // namespace

picture draw_heat_map(std::span<const double> values, std::size_t rows, std::size_t columns,
                      const heat_map_options& options) {
  require_shape(values, rows, columns);
  if (values.empty()) throw invalid_argument("a picture of an empty field; choose a larger slice");
  constexpr std::size_t most_cells = 2048;
  const field_statistics of = measure(values);
  const colour_scale scale = choose_scale(of, options.range);
  const pixel_grid grid =
      resample(values, rows, columns, std::min(rows, most_cells), std::min(columns, most_cells));
  const cell_size cell = size_of_cells(grid.rows, grid.columns);

  const int labels = canvas::text_width(std::to_string(rows - 1));
  const box plot{edge + labels + gap + border, head(options.title),
                 cell.width * static_cast<int>(grid.columns),
                 cell.height * static_cast<int>(grid.rows)};
  const box bar{plot.left + plot.width + 3 * gap, plot.top, 24, plot.height};
  const int below = plot.top + plot.height + border + gap + canvas::text_height;
  const int right_of_bar =
      bar.left + bar.width + border + tick + gap / 2 + bar_label_width(bar, scale);
  const int words =
      std::max(canvas::text_width(summary(of, 6)), canvas::text_width(printable(options.title)));
  const int width = std::max(right_of_bar, std::min(plot.left + words, 1024)) + edge;

  canvas image(width, below + gap + summary_height(of) + edge - gap, paper);
  draw_title(image, options.title);
  draw_cells(image, plot, grid, scale);
  draw_indices(image, plot, rows, columns);
  draw_bar(image, bar, scale);
  draw_summary(image, plot.left, below + gap, of, grid.rows < rows || grid.columns < columns);
  return {std::move(image), plot, bar};
}

picture draw_line_plot(std::span<const double> values, const line_plot_options& options) {
  if (values.empty()) throw invalid_argument("a picture of no values; choose a larger slice");
  constexpr int width = 1024, height = 448;
  const field_statistics of = measure(values);
  const axis range = value_axis(of, options, 5);
  int labels = 0;
  for (const axis::tick& t : range.ticks) labels = std::max(labels, canvas::text_width(t.label));
  const int left = edge + labels + gap + tick, top = head(options.title);
  const int foot = border + gap + canvas::text_height + gap + summary_height(of) + edge - gap;
  const box plot{left, top, width - edge - left, height - top - foot};

  canvas image(width, height, paper);
  draw_title(image, options.title);
  const int bottom = plot.top + plot.height;
  for (const axis::tick& t : range.ticks) {
    const double down = (1 - range.position(t.value)) * (plot.height - 1);
    const int y = plot.top + static_cast<int>(std::lround(down));
    image.fill({plot.left, y, plot.width, 1}, faint);
    image.fill({plot.left - border - tick, y, tick, border}, ink);
    image.text(plot.left - border - tick - gap / 2, y - 7, t.label, ink, canvas::anchor::right);
  }
  image.frame(plot, border, ink);

  traced_line line = trace_line(values, range, static_cast<std::size_t>(plot.width),
                                static_cast<std::size_t>(plot.height));
  for (auto& stroke : line.strokes) {
    for (point& p : stroke) p = {p.x + plot.left, p.y + plot.top};
  }
  image.polylines(line.strokes, 2.4, line_ink);
  for (int x = 0; x < plot.width; ++x) {
    const pixel mark{0, line.marks[static_cast<std::size_t>(x)]};
    if (mark.is == pixel::kind::finite) continue;
    image.fill({plot.left + x - 1, bottom - 10, 3, 10}, colour_scale{}.colour(mark));
  }

  const end_labels ends = x_labels(values.size(), options);
  const int below = bottom + border + gap;
  image.text(plot.left, below, ends.first, ink);
  image.text(plot.left + plot.width, below, ends.last, ink, canvas::anchor::right);
  draw_summary(image, plot.left, below + canvas::text_height + gap, of, false);
  return {std::move(image), plot, {}};
}

}  // namespace rk::render
