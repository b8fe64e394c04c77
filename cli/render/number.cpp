#include "render/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <string_view>

namespace rk::render {
namespace {

/// Three digits: one decimal below 100, none above. Four digits only for 1000..1023 KiB and the
/// like.
std::string short_number(double number) {
  return fixed(number, std::abs(number) < 99.95 ? 1 : 0);
}

/// Divides by `factor` while what would be printed reaches `limit` and a larger unit is left.
std::string scaled(double number, double factor, double limit,
                   std::span<const std::string_view> units) {
  std::size_t unit = 0;
  while (unit + 1 < units.size() && number >= limit - (number < 99.95 ? 0.05 : 0.5)) {
    number /= factor;
    ++unit;
  }
  return short_number(number).append(units[unit]);
}

std::string two_units(std::uint64_t large, std::string_view large_unit, std::uint64_t small,
                      std::string_view small_unit) {
  return std::to_string(large).append(large_unit).append(std::to_string(small)).append(small_unit);
}

std::string long_duration(double seconds) {
  if (seconds > 1e15) return value(seconds / 86400, 3) + " d";
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  const std::uint64_t minutes = whole / 60;
  const std::uint64_t hours = minutes / 60;
  if (minutes < 60) return two_units(minutes, " min ", whole % 60, " s");
  if (hours < 24) return two_units(hours, " h ", minutes % 60, " min");
  return two_units(hours / 24, " d ", hours % 24, " h");
}

}  // namespace

std::string fixed(double number, int decimals) {
  std::array<char, 512> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                    std::chars_format::fixed, decimals);
  return {buffer.data(), result.ptr};
}

std::string bytes(std::uint64_t count) {
  constexpr std::array<std::string_view, 7> units{" B",   " KiB", " MiB", " GiB",
                                                  " TiB", " PiB", " EiB"};
  if (count < 1024) return std::to_string(count).append(units[0]);
  const std::span<const std::string_view> above = std::span(units).subspan(1);
  return scaled(static_cast<double>(count) / 1024.0, 1024.0, 1024.0, above);
}

std::string duration(std::chrono::duration<double, std::nano> span, bool utf8) {
  const double ns = span.count();
  if (!std::isfinite(ns)) return "-";
  if (ns < 0) return "-" + duration(-span, utf8);
  if (ns < 1000 && ns == std::floor(ns)) return fixed(ns, 0) + " ns";
  if (ns >= 59.95e9) return long_duration(ns / 1e9);
  const std::array<std::string_view, 4> units{" ns", utf8 ? " µs" : " us", " ms", " s"};
  return scaled(ns, 1000.0, 1000.0, units);
}

std::string rate(double per_second) {
  constexpr std::array<std::string_view, 6> units{" /s", " k/s", " M/s", " G/s", " T/s", " P/s"};
  if (!std::isfinite(per_second)) return "-";
  if (per_second < 0) return "-" + rate(-per_second);
  if (per_second < 0.95) return value(per_second, 2) + " /s";
  return scaled(per_second, 1000.0, 1000.0, units);
}

std::string value(double number, int digits) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  if (number == 0) return "0";
  std::array<char, 64> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                    std::chars_format::general, digits);
  std::string text(buffer.data(), result.ptr);
  const std::size_t exponent = text.find('e');
  if (exponent == std::string::npos) return text;
  std::size_t sign = exponent + 1;
  if (text[sign] == '+') text.erase(sign, 1);
  if (text[sign] == '-') ++sign;
  if (text[sign] == '0') text.erase(sign, 1);
  return text;
}

int digits_between(double low, double high) {
  const double size = std::max(std::abs(low), std::abs(high));
  const double part = (high / 2 - low / 2) / size * 2;
  if (!(part > 0)) return 4;
  return std::clamp(3 - static_cast<int>(std::floor(std::log10(part))), 4, 12);
}

std::string detail::grouped(bool negative, std::uint64_t magnitude) {
  std::string text = std::to_string(magnitude);
  for (std::size_t place = text.size(); place > 3;) {
    place -= 3;
    text.insert(place, 1, ',');
  }
  return negative ? "-" + text : text;
}

}  // namespace rk::render
