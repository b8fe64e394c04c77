#include "render/series.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "render/number.hpp"

namespace rk::render {
namespace {

/// Collects the values of one place across, and hands them on in an order that keeps the line's
/// shape.
class bucket {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0; }

  void add(double y) {
    if (count_ == 0) first_ = least_ = greatest_ = y;
    least_ = std::min(least_, y);
    greatest_ = std::max(greatest_, y);
    last_ = y;
    ++count_;
  }

  void flush(double x, std::vector<point>& stroke) {
    if (count_ == 0) return;
    const bool upward = last_ >= first_;
    for (const double y :
         {first_, upward ? least_ : greatest_, upward ? greatest_ : least_, last_}) {
      const bool known = !stroke.empty() && stroke.back().x == x && stroke.back().y == y;
      if (!known) stroke.push_back({x, y});
    }
    count_ = 0;
  }

 private:
  std::size_t count_ = 0;
  double first_ = 0;
  double least_ = 0;
  double greatest_ = 0;
  double last_ = 0;
};

void finish_stroke(bucket& open, double x, std::vector<point>& stroke, traced_line& out) {
  open.flush(x, stroke);
  if (!stroke.empty()) out.strokes.push_back(std::move(stroke));
  stroke.clear();
}

}  // namespace

traced_line trace_line(std::span<const double> values, const axis& range, std::size_t width,
                       std::size_t height) {
  traced_line out;
  out.marks.assign(width, pixel::kind::finite);
  std::vector<point> stroke;
  bucket open;
  double open_x = 0;
  const double step = values.size() > 1
                          ? static_cast<double>(width - 1) / static_cast<double>(values.size() - 1)
                          : 0;
  const bool crowded = values.size() > width;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double exact = static_cast<double>(i) * step;
    const double place = std::min(std::round(exact), static_cast<double>(width - 1));
    const double x = crowded ? place : exact;
    const double v = values[i];
    if (!std::isfinite(v)) {
      finish_stroke(open, open_x, stroke, out);
      pixel::kind& mark = out.marks[static_cast<std::size_t>(place)];
      if (mark != pixel::kind::nan) {
        mark = std::isnan(v) ? pixel::kind::nan : pixel::kind::infinite;
      }
      continue;
    }
    if (!open.empty() && x != open_x) open.flush(open_x, stroke);
    open_x = x;
    open.add((1 - range.position(v)) * static_cast<double>(height - 1));
  }
  finish_stroke(open, open_x, stroke, out);
  if (values.size() == 1 && !out.strokes.empty()) {
    out.strokes[0].push_back({static_cast<double>(width - 1), out.strokes[0][0].y});
  }
  return out;
}

axis value_axis(const field_statistics& of, const line_plot_options& options, int wanted_ticks) {
  const double low = options.low.value_or(of.minimum), high = options.high.value_or(of.maximum);
  return round_axis(std::min(low, high), std::max(low, high), wanted_ticks);
}

end_labels x_labels(std::size_t values, const line_plot_options& options) {
  const std::size_t last = values == 0 ? 0 : values - 1;
  const std::string first_text = options.first_x ? value(*options.first_x, 6) : "0";
  const std::string last_text = options.last_x ? value(*options.last_x, 6) : std::to_string(last);
  return {first_text, values > 1 ? last_text : ""};
}

}  // namespace rk::render
