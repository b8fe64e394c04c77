#include "render/line_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "render/colour_map.hpp"
#include "render/number.hpp"
#include "render/text.hpp"

namespace rk::render {
namespace {

constexpr rgb line_colour{80, 180, 250};

/// A black and white raster, shown as braille, or as one character a dot.
class dots {
 public:
  dots(int columns, int rows, bool braille)
      : columns_(columns),
        across_(braille ? 2 : 1),
        down_(braille ? 4 : 1),
        lit_(static_cast<std::size_t>(columns * across_ * rows * down_)) {}

  [[nodiscard]] int width() const { return columns_ * across_; }
  [[nodiscard]] int height() const { return static_cast<int>(lit_.size()) / width(); }

  /// All dots that the straight line touches.
  void draw(const point& from, const point& to) {
    const double steps =
        std::max({1.0, std::ceil(std::abs(to.x - from.x)), std::ceil(std::abs(to.y - from.y))});
    for (int i = 0; i <= static_cast<int>(steps); ++i) {
      const double part = i / steps;
      light(static_cast<int>(std::lround(std::lerp(from.x, to.x, part))),
            static_cast<int>(std::lround(std::lerp(from.y, to.y, part))));
    }
  }

  /// One row of characters, without trailing spaces.
  [[nodiscard]] std::string row(int index) const {
    std::string out;
    for (int c = 0; c < columns_; ++c) {
      if (down_ == 1) {
        out += is_lit(c, index) ? '*' : ' ';
      } else {
        out += braille(c * across_, index * down_);
      }
    }
    return out.erase(out.find_last_not_of(' ') + 1);
  }

 private:
  [[nodiscard]] std::size_t place(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width()) +
           static_cast<std::size_t>(x);
  }
  void light(int x, int y) { lit_[place(x, y)] = true; }
  [[nodiscard]] bool is_lit(int x, int y) const { return lit_[place(x, y)]; }

  /// U+2800 and a bit for each dot; the bits run down the left and right columns, the lowest row
  /// last.
  [[nodiscard]] std::string braille(int x, int y) const {
    constexpr std::array<std::array<unsigned, 2>, 4> bit{
        {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
    unsigned pattern = 0;
    for (int j = 0; j < 4; ++j) {
      for (int i = 0; i < 2; ++i) {
        if (is_lit(x + i, y + j)) {
          pattern |= bit[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)];
        }
      }
    }
    if (pattern == 0) return " ";
    return {'\xE2', static_cast<char>(0xA0U | (pattern >> 6U)),
            static_cast<char>(0x80U | (pattern & 0x3FU))};
  }

  int columns_;
  int across_;
  int down_;
  std::vector<bool> lit_;
};

void draw(dots& on, const traced_line& line) {
  for (const auto& stroke : line.strokes) {
    on.draw(stroke.front(), stroke.front());
    for (std::size_t i = 1; i < stroke.size(); ++i) on.draw(stroke[i - 1], stroke[i]);
  }
}

/// Labels of the value axis, one a text row; empty where no tick stands.
std::vector<std::string> row_labels(const axis& range, const dots& on, int rows) {
  std::vector<std::string> labels(static_cast<std::size_t>(rows));
  const int dots_a_row = on.height() / rows;
  for (const axis::tick& t : range.ticks) {
    const auto y = std::lround((1 - range.position(t.value)) * (on.height() - 1));
    labels[static_cast<std::size_t>(y / dots_a_row)] = t.label;
  }
  return labels;
}

std::string index_axis(const traced_line& line, int columns, const terminal& where) {
  const std::size_t places = line.marks.size() / static_cast<std::size_t>(columns);
  std::string out = where.utf8 ? "└" : "+";
  for (std::size_t c = 0; c < static_cast<std::size_t>(columns); ++c) {
    pixel::kind mark = pixel::kind::finite;
    for (std::size_t i = 0; i < places; ++i) {
      const pixel::kind here = line.marks[c * places + i];
      if (here != pixel::kind::finite && mark != pixel::kind::nan) mark = here;
    }
    if (mark == pixel::kind::finite) {
      out += where.utf8 ? "─" : "-";
      continue;
    }
    const bool nan = mark == pixel::kind::nan;
    out += select_colour(nan ? nan_colour : infinite_colour, layer::foreground, where);
    out += nan ? "?" : "!";
    out += reset_colour(where);
  }
  return out + "\n";
}

std::string legend(const field_statistics& of, std::size_t values, int indent,
                   const terminal& where) {
  line_wrapper lines(where.columns, indent, where.utf8);
  lines.add(count(values) + (values == 1 ? " value" : " values"));
  if (of.finite > 0) {
    const int digits = digits_between(of.minimum, of.maximum);
    lines.add("min " + value(of.minimum, digits));
    lines.add("max " + value(of.maximum, digits));
    lines.add("mean " + value(of.mean, digits));
  } else {
    lines.add("none finite");
  }
  lines.add("NaN " + count(of.nan) + (of.nan > 0 ? " (?)" : ""));
  lines.add("Inf " + count(of.infinite) + (of.infinite > 0 ? " (!)" : ""));
  return lines.finish();
}

std::string label_line(const end_labels& labels, int indent, int columns) {
  const int between = columns - display_width(labels.first) - display_width(labels.last);
  std::string line = repeat(" ", indent) + labels.first;
  if (between < 1 || labels.last.empty()) return line + "\n";
  return line + repeat(" ", between) + labels.last + "\n";
}

}  // namespace

std::string line_plot(std::span<const double> values, const terminal& where,
                      const line_plot_options& options) {
  std::string out;
  if (!options.title.empty()) {
    out = elide(printable(options.title), where.columns, where.utf8) + "\n";
  }
  if (values.empty()) return out + elide("no values", where.columns, where.utf8) + "\n";
  const int rows = std::max(options.text_rows, 2);
  const field_statistics of = measure(values);
  const axis range = value_axis(of, options, std::clamp(rows / 3, 1, 8));
  int gutter = 0;
  for (const axis::tick& t : range.ticks) gutter = std::max(gutter, display_width(t.label));
  if (gutter + 12 > where.columns) gutter = 0;
  const int columns = std::max(where.columns - gutter - 2, 1);

  dots on(columns, rows, where.utf8);
  const traced_line line = trace_line(values, range, static_cast<std::size_t>(on.width()),
                                      static_cast<std::size_t>(on.height()));
  draw(on, line);
  const std::vector<std::string> labels = row_labels(range, on, rows);
  for (int r = 0; r < rows; ++r) {
    const std::string label = gutter > 0 ? labels[static_cast<std::size_t>(r)] : "";
    const std::string ruler = where.utf8 ? (label.empty() ? "│" : "┤") : "|";
    if (gutter > 0) out += repeat(" ", gutter - display_width(label)) + label + " ";
    out += ruler + select_colour(line_colour, layer::foreground, where) + on.row(r) +
           reset_colour(where) + "\n";
  }
  const int indent = gutter > 0 ? gutter + 1 : 0;
  out += repeat(" ", indent) + index_axis(line, columns, where);
  return out + label_line(x_labels(values.size(), options), indent + 1, columns) +
         legend(of, values.size(), indent + 1, where);
}

}  // namespace rk::render
