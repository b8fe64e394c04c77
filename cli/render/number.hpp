#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>

namespace rk::render {

/// Bytes in binary units: "850 B", "1.5 MiB", "123 GiB".
[[nodiscard]] std::string bytes(std::uint64_t count);

/// A span of time: "850 ns", "14.2 µs", "3.2 s", "5 min 12 s", "2 h 5 min", "3 d 4 h". Any chrono
/// duration converts. `utf8 = false` writes "us" for microseconds. Not a number: "-".
[[nodiscard]] std::string duration(std::chrono::duration<double, std::nano> span, bool utf8 = true);

/// Events a second: "0.25 /s", "850 /s", "12.3 k/s", "1.2 M/s". Not a number: "-".
[[nodiscard]] std::string rate(double per_second);

/// A measured value with `digits` significant digits and no padding: "0.2", "-1.234e-7", "NaN",
/// "inf". Always with a decimal point, whatever the locale.
[[nodiscard]] std::string value(double number, int digits = 4);

/// Significant digits that tell the values between `low` and `high` apart: 4, more for a narrow
/// range far from zero, at most 12.
[[nodiscard]] int digits_between(double low, double high);

/// `number` with exactly `decimals` digits after the point.
[[nodiscard]] std::string fixed(double number, int decimals);

namespace detail {
[[nodiscard]] std::string grouped(bool negative, std::uint64_t magnitude);
}

/// A whole number with its thousands grouped: "1,234,567".
template <std::integral Integer>
[[nodiscard]] std::string count(Integer number) {
  const auto bits = static_cast<std::uint64_t>(number);
  const bool negative = std::signed_integral<Integer> && number < Integer{0};
  return detail::grouped(negative, negative ? std::uint64_t{0} - bits : bits);
}

}  // namespace rk::render
