#include "model/float16.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace rk::model::detail {
namespace {

/// Enough decimal digits to tell any two values of either 16-bit type apart.
constexpr int most_digits = 5;

using text_buffer = std::array<char, 64>;

[[nodiscard]] double with_sign(std::uint16_t bits, double magnitude) noexcept {
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

/// Values that round to one 16-bit value. Its ends are midpoints, exact in a double; they belong to
/// the value with the even significand.
struct rounding_interval {
  double low = 0;
  double high = 0;
  bool closed = false;

  [[nodiscard]] bool holds(double x) const noexcept {
    return closed ? low <= x && x <= high : low < x && x < high;
  }
};

/// `magnitude` is positive and finite.
[[nodiscard]] rounding_interval interval_of(std::uint16_t magnitude,
                                            double (*decode)(std::uint16_t) noexcept) noexcept {
  const double value = decode(magnitude);
  const double below = decode(static_cast<std::uint16_t>(magnitude - 1));
  const double above = decode(static_cast<std::uint16_t>(magnitude + 1));
  const double step_up = std::isinf(above) ? value - below : above - value;
  return {(value + below) / 2, value + step_up / 2, (magnitude & 1) == 0};
}

/// `value` rounded to `digits` decimal digits.
[[nodiscard]] double rounded(double value, int digits) noexcept {
  text_buffer text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value,
                                     std::chars_format::scientific, digits - 1);
  double out = value;
  std::from_chars(text.data(), written.ptr, out);
  return out;
}

template <class Float>
[[nodiscard]] std::string shortest(Float value) {
  if (std::isnan(value)) return "nan";
  text_buffer text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), written.ptr};
}

}  // namespace

double from_half(std::uint16_t bits) noexcept {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  if (exponent == 0x1f) {
    return fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                         : with_sign(bits, std::numeric_limits<double>::infinity());
  }
  if (exponent == 0) return with_sign(bits, std::ldexp(fraction, -24));
  return with_sign(bits, std::ldexp(fraction + 0x400, exponent - 25));
}

double from_bfloat16(std::uint16_t bits) noexcept {
  return static_cast<double>(std::bit_cast<float>(std::uint32_t{bits} << 16));
}

std::string shortest_text(double value) {
  return shortest(value);
}

std::string shortest_text(float value) {
  return shortest(value);
}

std::string shortest_text(std::uint16_t bits, double (*decode)(std::uint16_t) noexcept) {
  const double value = decode(bits);
  if (!std::isfinite(value) || value == 0) return shortest_text(value);
  const auto magnitude = static_cast<std::uint16_t>(bits & 0x7fff);
  const rounding_interval same = interval_of(magnitude, decode);
  for (int digits = 1; digits < most_digits; ++digits) {
    const double candidate = rounded(decode(magnitude), digits);
    if (same.holds(candidate)) return shortest_text(with_sign(bits, candidate));
  }
  return shortest_text(with_sign(bits, rounded(decode(magnitude), most_digits)));
}

}  // namespace rk::model::detail
