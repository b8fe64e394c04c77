#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rk/model/type.hpp>

namespace rk::model {

/// One scalar, decoded. Enumerators without a name stay integers; addresses are `std::uint64_t`.
using scalar = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;

/// Decodes one scalar of type `t`. Throws `rk::incompatible` if `bytes` is shorter than the type.
[[nodiscard]] scalar decode_scalar(const type& t, std::span<const std::byte> bytes);

/// Bytes of the value that `text` means in type `t`: a number in the type's range, true or false,
/// an enumerator's name, an address. A number that the type rounds is taken as it rounds it. Throws
/// `rk::invalid_argument` with what would be possible.
[[nodiscard]] std::vector<std::byte> encode_scalar(const type& t, std::string_view text);

/// As a number; NaN for what is none. Enumerators give their value.
[[nodiscard]] double to_double(const type& t, std::span<const std::byte> bytes);

/// Shortest text that reads back to the same value of the type: "0.1" for a float, not
/// "0.10000000149".
[[nodiscard]] std::string format_scalar(const type& t, std::span<const std::byte> bytes);

/// Any value as text on one line: "{p: 1.5, v: [0, 0, 1]}".
[[nodiscard]] std::string format_value(const type_table& types, type_id id,
                                       std::span<const std::byte> bytes);

/// The scalar that begins `offset` bytes into a value of type `id`; none if no scalar begins there.
[[nodiscard]] std::optional<type_id> scalar_at(const type_table& types, type_id id,
                                               std::uint64_t offset);

/// Packed elements of one type with their shape: what a read brings home.
struct array_value {
  type_id type{};
  std::vector<std::uint64_t> shape;  ///< outermost first; empty for one element
  std::vector<std::byte> bytes;      ///< row-major, packed
};

}  // namespace rk::model
