#include <string_view>
#include <utility>

#include <rk/error.hpp>
#include <rk/model/value.hpp>

#include "model/float16.hpp"
#include "model/scalar_bits.hpp"

namespace rk::model {
namespace {

constexpr std::uint64_t most_elements = 64;
/// Also ends the walk through types that overlap or nest so often that a walk would never end.
constexpr std::size_t most_bytes = 8192;
constexpr std::string_view elided = "...";

[[nodiscard]] std::string floating_text(const type& t, std::span<const std::byte> bytes) {
  const auto bits = static_cast<std::uint16_t>(detail::load_unsigned(bytes));
  if (t.how == encoding::brain_floating) return detail::shortest_text(bits, detail::from_bfloat16);
  if (t.size == 2) return detail::shortest_text(bits, detail::from_half);
  const double value = detail::load_floating(t, bytes);
  if (t.size == 4) return detail::shortest_text(static_cast<float>(value));
  return detail::shortest_text(value);
}

[[nodiscard]] std::string enumerator_text(const type& t, std::span<const std::byte> bytes) {
  const scalar value = detail::load_enumerator(t, bytes);
  if (const auto* name = std::get_if<std::string>(&value)) return *name;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return std::to_string(detail::load_unsigned(bytes));
}

class value_formatter {
 public:
  explicit value_formatter(const type_table& types) : types_(types) {}

  [[nodiscard]] std::string format(type_id id, std::span<const std::byte> bytes) {
    append(types_[id], bytes);
    return std::move(out_);
  }

 private:
  void append(const type& t, std::span<const std::byte> bytes) {
    bytes = detail::bytes_of_value(t, bytes);
    if (out_.size() > most_bytes) {
      out_ += elided;
    } else if (t.how == encoding::structure) {
      append_structure(t, bytes);
    } else if (t.how == encoding::array) {
      append_array(t, 0, bytes);
    } else {
      out_ += format_scalar(t, bytes);
    }
  }

  void append_structure(const type& t, std::span<const std::byte> bytes) {
    out_ += '{';
    for (std::size_t i = 0; i < t.members.size(); ++i) {
      const member& m = t.members[i];
      if (i > 0) out_ += ", ";
      if (is_full(i)) break;
      if (!m.name.empty()) out_ += m.name + ": ";
      append(types_[m.type], part(bytes, m.offset, types_[m.type].size));
    }
    out_ += '}';
  }

  /// Dimensions of `t` from `level` on; `bytes` is what they cover.
  void append_array(const type& t, std::size_t level, std::span<const std::byte> bytes) {
    if (level == t.extents.size()) {
      append(types_[t.element], bytes);
      return;
    }
    const std::uint64_t count = t.extents[level];
    const std::uint64_t stride = count == 0 ? 0 : bytes.size() / count;
    out_ += '[';
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ", ";
      if (is_full(i)) break;
      append_array(t, level + 1, part(bytes, i * stride, stride));
    }
    out_ += ']';
  }

  /// True, and says so, if no further part of a list is to be written.
  [[nodiscard]] bool is_full(std::uint64_t written) {
    const bool full = written >= most_elements || out_.size() > most_bytes;
    if (full) out_ += elided;
    return full;
  }

  [[nodiscard]] static std::span<const std::byte> part(std::span<const std::byte> bytes,
                                                       std::uint64_t offset, std::uint64_t size) {
    if (offset > bytes.size() || size > bytes.size() - offset) {
      throw incompatible("a part of a type reaches out of the whole");
    }
    return bytes.subspan(offset, size);
  }

  const type_table& types_;
  std::string out_;
};

}  // namespace

std::string format_scalar(const type& t, std::span<const std::byte> bytes) {
  const auto value = detail::bytes_of_value(t, bytes);
  if (!detail::is_readable(t)) return detail::raw_text(value);
  switch (t.how) {
    case encoding::boolean:
      return detail::load_unsigned(value) != 0 ? "true" : "false";
    case encoding::character:
      return "'" + detail::character_text(detail::load_unsigned(value), t.size) + "'";
    case encoding::signed_integer:
      return std::to_string(detail::load_signed(value));
    case encoding::unsigned_integer:
      return std::to_string(detail::load_unsigned(value));
    case encoding::floating:
    case encoding::brain_floating:
      return floating_text(t, value);
    case encoding::pointer:
      return detail::address_text(detail::load_unsigned(value));
    case encoding::enumeration:
      return enumerator_text(t, value);
    case encoding::structure:
    case encoding::array:
    case encoding::opaque:
      break;
  }
  return detail::raw_text(value);
}

std::string format_value(const type_table& types, type_id id, std::span<const std::byte> bytes) {
  return value_formatter(types).format(id, bytes);
}

}  // namespace rk::model
