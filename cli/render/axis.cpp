#include "render/axis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "render/number.hpp"

namespace rk::render {
namespace {

constexpr double largest = std::numeric_limits<double>::max();

double round_step(double raw) {
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * 0.999) return factor * power;
  }
  return 10 * power;
}

/// Enough decimals to tell neighbouring ticks apart, or an exponent where that reads better.
std::string tick_label(double at, double step, double magnitude) {
  if (std::abs(at) < step / 2) return "0";
  const int decimals = static_cast<int>(-std::floor(std::log10(step) + 1e-9));
  if (magnitude < 1e6 && decimals <= 5) return fixed(at, std::max(decimals, 0));
  const int before_point = static_cast<int>(std::floor(std::log10(magnitude) + 1e-9)) + 1;
  return value(at, std::clamp(before_point + decimals, 1, 15));
}

}  // namespace

double axis::position(double value) const {
  const double span = high / 2 - low / 2;
  return span > 0 ? std::clamp((value / 2 - low / 2) / span, 0.0, 1.0) : 0.5;
}

axis round_axis(double low, double high, int wanted_ticks) {
  // A range near the resolution of a double, or beyond its limits, has no round ticks between.
  const double size = std::max(std::abs(low), std::abs(high));
  if (!(high - low > size * 1e-12)) {
    const double margin = size > 0 ? size / 10 : 1;
    low = std::max(low - margin, -largest);
    high = std::min(high + margin, largest);
  }
  const double step = round_step((high / 2 - low / 2) / wanted_ticks * 2);
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  if (!(step > 1e-290) || !std::isfinite(first * step) || !std::isfinite(last * step)) {
    const int digits = digits_between(low, high);
    return {low, high, {{low, value(low, digits)}, {high, value(high, digits)}}};
  }
  axis out{first * step, last * step, {}};
  const double magnitude = std::max(std::abs(out.low), std::abs(out.high));
  for (int i = 0; i <= static_cast<int>(last - first); ++i) {
    const double at = (first + i) * step;
    out.ticks.push_back({at, tick_label(at, step, magnitude)});
  }
  return out;
}

}  // namespace rk::render
