// Texts into bytes: what `set` writes.
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include <rk/error.hpp>
#include <rk/model/nearest.hpp>
#include <rk/model/value.hpp>

#include "model/float16.hpp"
#include "model/scalar_bits.hpp"
#include "model/text.hpp"

namespace rk::model {
namespace {

[[noreturn]] void refuse(const type& t, std::string_view text, const std::string& wanted) {
  throw invalid_argument(detail::quoted(text) + " is no value of type " + short_name(t) + ": " +
                         wanted);
}

std::vector<std::byte> low_bytes(std::uint64_t bits, std::uint64_t size) {
  std::vector<std::byte> bytes(size);
  std::memcpy(bytes.data(), &bits, size);
  return bytes;
}

/// The whole text as a number, "0x" in front for base 16; nothing if it is none or too large.
template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  if (is_hex) text.remove_prefix(2);
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, is_hex ? 16 : 10);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

std::optional<double> real_number(std::string_view text) {
  if (text.starts_with("+")) text.remove_prefix(1);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

std::vector<std::byte> encode_signed(const type& t, std::string_view text) {
  const auto bits = static_cast<unsigned>(8 * t.size - 1);
  const std::int64_t most = std::numeric_limits<std::int64_t>::max() >> (63 - bits);
  const std::int64_t least = -most - 1;
  const auto value = whole_number<std::int64_t>(text);
  if (!value || *value < least || *value > most) {
    refuse(t, text, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return low_bytes(static_cast<std::uint64_t>(*value), t.size);
}

std::vector<std::byte> encode_unsigned(const type& t, std::string_view text) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max() >> (64 - 8 * t.size);
  const auto value = whole_number<std::uint64_t>(text);
  if (!value || *value > most) {
    refuse(t, text, "a whole number from 0 to " + std::to_string(most));
  }
  return low_bytes(*value, t.size);
}

/// The 16 bits whose value is nearest to `value`, ties to even: codes without the sign rise with
/// their values. `infinity` is the code of the first that is not finite.
std::uint16_t nearest_code(double value, std::uint16_t infinity,
                           double (*decode)(std::uint16_t) noexcept) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::abs(value);
  std::uint16_t low = 0;
  std::uint16_t high = infinity;
  while (high - low > 1) {
    const auto middle = static_cast<std::uint16_t>((low + high) / 2);
    (decode(middle) <= magnitude ? low : high) = middle;
  }
  // The code of infinity stands where the next finite value would: twice the last step away.
  const auto below = static_cast<std::uint16_t>(low - 1);
  const double above =
      high == infinity && low != 0 ? 2 * decode(low) - decode(below) : decode(high);
  const double to_low = magnitude - decode(low);
  const double to_high = above - magnitude;
  const bool takes_high = to_high < to_low || (to_high == to_low && low % 2 == 1);
  return static_cast<std::uint16_t>(sign | (takes_high ? high : low));
}

std::vector<std::byte> encode_floating(const type& t, std::string_view text) {
  const auto value = real_number(text);
  if (!value) refuse(t, text, "a number, inf or nan");
  if (t.size == 8) {
    std::vector<std::byte> bytes(sizeof(double));
    std::memcpy(bytes.data(), &*value, sizeof(double));
    return bytes;
  }
  std::vector<std::byte> bytes;
  if (t.size == 4) {
    const auto single = static_cast<float>(*value);
    bytes.resize(sizeof single);
    std::memcpy(bytes.data(), &single, sizeof single);
  } else {
    const bool is_brain = t.how == encoding::brain_floating;
    const std::uint16_t infinity = is_brain ? 0x7f80 : 0x7c00;
    std::uint16_t code = is_brain ? 0x7fc0 : 0x7e00;  // not a number
    if (std::isinf(*value)) {
      code = static_cast<std::uint16_t>(infinity | (*value < 0 ? 0x8000 : 0));
    } else if (!std::isnan(*value)) {
      code = nearest_code(*value, infinity, is_brain ? detail::from_bfloat16 : detail::from_half);
    }
    bytes = low_bytes(code, sizeof code);
  }
  if (std::isfinite(*value) && !std::isfinite(to_double(t, bytes))) {
    refuse(t, text, "it is too large");
  }
  return bytes;
}

std::vector<std::byte> encode_enumerator(const type& t, std::string_view text) {
  std::vector<std::string> names;
  for (const enumerator& e : t.enumerators) {
    if (e.name == text) return low_bytes(static_cast<std::uint64_t>(e.value), t.size);
    names.push_back(e.name);
  }
  const bool is_number = !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
  if (is_number) return t.is_signed ? encode_signed(t, text) : encode_unsigned(t, text);
  refuse(t, text, "an enumerator or a number;" + did_you_mean(std::string(text), names));
}

}  // namespace

std::vector<std::byte> encode_scalar(const type& t, std::string_view text) {
  if (!is_scalar(t) || !detail::is_readable(t)) {
    throw invalid_argument("a value of type " + short_name(t) +
                           " cannot be written as text: name a member");
  }
  switch (t.how) {
    case encoding::boolean:
      if (text == "true" || text == "1") return low_bytes(1, t.size);
      if (text == "false" || text == "0") return low_bytes(0, t.size);
      refuse(t, text, "true or false");
    case encoding::character:
      if (text.size() == 3 && text.front() == '\'' && text.back() == '\'') {
        return low_bytes(static_cast<unsigned char>(text[1]), t.size);
      }
      return encode_unsigned(t, text);
    case encoding::signed_integer:
      return encode_signed(t, text);
    case encoding::unsigned_integer:
    case encoding::pointer:
      return encode_unsigned(t, text);
    case encoding::floating:
    case encoding::brain_floating:
      return encode_floating(t, text);
    case encoding::enumeration:
      return encode_enumerator(t, text);
    case encoding::structure:
    case encoding::array:
    case encoding::opaque:
      break;
  }
  refuse(t, text, "name a member");
}

}  // namespace rk::model
