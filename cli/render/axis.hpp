#pragma once

#include <string>
#include <vector>

namespace rk::render {

/// A value axis whose ends and ticks are round numbers.
struct axis {
  struct tick {
    double value = 0;
    std::string label;
  };

  double low = 0;   ///< the first tick
  double high = 1;  ///< the last tick; above `low`
  std::vector<tick> ticks;

  /// Where a value stands: 0 at `low`, 1 at `high`, clamped.
  [[nodiscard]] double position(double value) const;
};

/// An axis that contains [low, high], with about `wanted_ticks` steps of 1, 2 or 5 times a power of
/// ten; rounding noise below a billionth of a step adds no tick. An empty range is widened around
/// its value. Both ends must be finite.
[[nodiscard]] axis round_axis(double low, double high, int wanted_ticks);

}  // namespace rk::render
