#include "duration.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include <rk/error.hpp>

namespace rk::cli {

std::chrono::nanoseconds parse_duration(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, double>, 7> units = {
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
  constexpr double longest_ns = 9e18;
  double number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc{}) {
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const auto& [name, scale] : units) {
      const double ns = number * scale;
      if (unit == name && ns >= 1 && ns < longest_ns) {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(ns)));
      }
    }
  }
  throw invalid_argument("'" + text + "' is no length of time: write 100ms, 2.5s, 3m or 1h");
}

}  // namespace rk::cli
