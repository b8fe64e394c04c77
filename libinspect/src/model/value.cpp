#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <string_view>

#include <rk/error.hpp>
#include <rk/model/value.hpp>

#include "model/float16.hpp"
#include "model/scalar_bits.hpp"
#include "model/text.hpp"

namespace rk::model {

static_assert(std::endian::native == std::endian::little,
              "targets and this reader share the order");

namespace detail {
namespace {

[[nodiscard]] std::string hex(std::uint64_t value, std::size_t digits) {
  constexpr std::string_view digit = "0123456789abcdef";
  std::string out(digits, '0');
  for (std::size_t i = digits; i-- > 0; value >>= 4) out[i] = digit[value & 0xf];
  return out;
}

[[nodiscard]] bool is_word(std::uint64_t size) noexcept {
  return size == 1 || size == 2 || size == 4 || size == 8;
}

}  // namespace

std::span<const std::byte> bytes_of_value(const type& t, std::span<const std::byte> bytes) {
  if (bytes.size() < t.size) {
    throw incompatible("a value of type " + short_name(t) + " has " + std::to_string(t.size) +
                       " bytes, but only " + std::to_string(bytes.size()) + " are there");
  }
  return bytes.first(t.size);
}

std::uint64_t load_unsigned(std::span<const std::byte> bytes) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

std::int64_t load_signed(std::span<const std::byte> bytes) noexcept {
  const std::size_t unused_bits = 64 - 8 * std::min<std::size_t>(bytes.size(), 8);
  return static_cast<std::int64_t>(load_unsigned(bytes) << unused_bits) >> unused_bits;
}

bool is_readable(const type& t) noexcept {
  switch (t.how) {
    case encoding::floating:
      return t.size == 2 || t.size == 4 || t.size == 8;
    case encoding::brain_floating:
      return t.size == 2;
    case encoding::character:
      return t.size == 1 || t.size == 2 || t.size == 4;
    case encoding::boolean:
    case encoding::signed_integer:
    case encoding::unsigned_integer:
    case encoding::pointer:
    case encoding::enumeration:
      return is_word(t.size);
    case encoding::structure:
    case encoding::array:
    case encoding::opaque:
      return false;
  }
  return false;
}

double load_floating(const type& t, std::span<const std::byte> bytes) noexcept {
  const std::uint64_t bits = load_unsigned(bytes);
  if (t.how == encoding::brain_floating) return from_bfloat16(static_cast<std::uint16_t>(bits));
  if (t.size == 2) return from_half(static_cast<std::uint16_t>(bits));
  if (t.size == 4) return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  return std::bit_cast<double>(bits);
}

std::string character_text(std::uint64_t code, std::uint64_t size) {
  switch (code) {
    case '\0':
      return "\\0";
    case '\a':
      return "\\a";
    case '\b':
      return "\\b";
    case '\t':
      return "\\t";
    case '\n':
      return "\\n";
    case '\v':
      return "\\v";
    case '\f':
      return "\\f";
    case '\r':
      return "\\r";
    case '\'':
      return "\\'";
    case '\\':
      return "\\\\";
    default:
      break;
  }
  if (code >= 0x20 && code < 0x7f) return {static_cast<char>(code)};
  if (size == 1) return "\\x" + hex(code, 2);
  return size == 2 ? "\\u" + hex(code, 4) : "\\U" + hex(code, 8);
}

std::string address_text(std::uint64_t address) {
  const auto bits = static_cast<std::size_t>(std::bit_width(address));
  return "0x" + hex(address, std::max<std::size_t>(1, (bits + 3) / 4));
}

std::string raw_text(std::span<const std::byte> bytes) {
  constexpr std::size_t most = 32;
  std::string out = "0x";
  for (const std::byte b : bytes.first(std::min(bytes.size(), most))) {
    out += hex(std::to_integer<std::uint64_t>(b), 2);
  }
  return bytes.size() > most ? out + "..." : out;
}

scalar load_enumerator(const type& t, std::span<const std::byte> bytes) {
  const std::int64_t signed_value = load_signed(bytes);
  const std::uint64_t value = load_unsigned(bytes);
  const std::int64_t wanted = t.is_signed ? signed_value : static_cast<std::int64_t>(value);
  const auto named = std::find_if(t.enumerators.begin(), t.enumerators.end(),
                                  [wanted](const enumerator& e) { return e.value == wanted; });
  if (named != t.enumerators.end()) return named->name;
  if (t.is_signed) return signed_value;
  return value;
}

}  // namespace detail

scalar decode_scalar(const type& t, std::span<const std::byte> bytes) {
  const auto value = detail::bytes_of_value(t, bytes);
  if (!detail::is_readable(t)) return detail::raw_text(value);
  switch (t.how) {
    case encoding::boolean:
      return detail::load_unsigned(value) != 0;
    case encoding::character:
      return detail::character_text(detail::load_unsigned(value), t.size);
    case encoding::signed_integer:
      return detail::load_signed(value);
    case encoding::unsigned_integer:
    case encoding::pointer:
      return detail::load_unsigned(value);
    case encoding::floating:
    case encoding::brain_floating:
      return detail::load_floating(t, value);
    case encoding::enumeration:
      return detail::load_enumerator(t, value);
    case encoding::structure:
    case encoding::array:
    case encoding::opaque:
      break;
  }
  return detail::raw_text(value);
}

double to_double(const type& t, std::span<const std::byte> bytes) {
  const auto value = detail::bytes_of_value(t, bytes);
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (!detail::is_readable(t)) return none;
  switch (t.how) {
    case encoding::boolean:
      return detail::load_unsigned(value) != 0 ? 1.0 : 0.0;
    case encoding::signed_integer:
      return static_cast<double>(detail::load_signed(value));
    case encoding::character:
    case encoding::unsigned_integer:
    case encoding::pointer:
      return static_cast<double>(detail::load_unsigned(value));
    case encoding::floating:
    case encoding::brain_floating:
      return detail::load_floating(t, value);
    case encoding::enumeration:
      return t.is_signed ? static_cast<double>(detail::load_signed(value))
                         : static_cast<double>(detail::load_unsigned(value));
    case encoding::structure:
    case encoding::array:
    case encoding::opaque:
      break;
  }
  return none;
}

std::optional<type_id> scalar_at(const type_table& types, type_id id, std::uint64_t offset) {
  for (;;) {
    const type& t = types[id];
    if (is_scalar(t)) return offset == 0 ? std::optional(id) : std::nullopt;
    if (t.how == encoding::array) {
      const std::uint64_t size = types[t.element].size;
      if (size == 0) return std::nullopt;
      id = t.element;
      offset %= size;
      continue;
    }
    const auto found = std::find_if(t.members.begin(), t.members.end(), [&](const member& m) {
      return offset >= m.offset && offset - m.offset < types[m.type].size;
    });
    if (found == t.members.end()) return std::nullopt;
    id = found->type;
    offset -= found->offset;
  }
}

}  // namespace rk::model
