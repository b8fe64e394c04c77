#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rk::model {

/// Place of a type in its catalogue's table.
enum class type_id : std::uint32_t {};

/// How the bytes of a type are read.
enum class encoding : std::uint8_t {
  boolean,
  character,
  signed_integer,
  unsigned_integer,
  floating,        ///< IEEE 754 of 2, 4 or 8 bytes
  brain_floating,  ///< bfloat16: the upper half of a 4-byte float
  pointer,
  enumeration,
  structure,  ///< also unions: members may overlap
  array,
  opaque,  ///< bytes whose meaning is not known
};

/// "floating", "structure", ...
[[nodiscard]] std::string_view to_string(encoding e) noexcept;
/// Inverse of to_string. Throws `rk::incompatible` for any other text.
[[nodiscard]] encoding parse_encoding(std::string_view text);

struct member {
  std::string name;
  std::uint64_t offset = 0;  ///< bytes from the start of the structure
  type_id type{};
  friend bool operator==(const member&, const member&) = default;
  friend auto operator<=>(const member&, const member&) = default;
};

struct enumerator {
  std::string name;
  std::int64_t value = 0;
  friend bool operator==(const enumerator&, const enumerator&) = default;
  friend auto operator<=>(const enumerator&, const enumerator&) = default;
};

/// One entry of a type table. Which fields hold something depends on `how`.
struct type {
  std::string name;  ///< as the source spells it: "float", "fluid::cell"
  encoding how = encoding::opaque;
  std::uint64_t size = 0;               ///< bytes
  bool is_signed = false;               ///< enumeration: of the underlying integer
  std::vector<member> members;          ///< structure
  std::vector<enumerator> enumerators;  ///< enumeration
  type_id element{};                    ///< array
  std::vector<std::uint64_t> extents;   ///< array, outermost first
  friend bool operator==(const type&, const type&) = default;
  friend auto operator<=>(const type&, const type&) = default;
};

/// All types that a catalogue's symbols use. A structure's or array's parts stand before it, so a
/// table is free of cycles.
class type_table {
 public:
  /// Adds `t`, or finds an equal entry. Throws `std::invalid_argument` if `t` refers to a later
  /// entry.
  type_id add(type t);
  /// Scalar of a kind that needs no parts.
  type_id add_scalar(std::string name, encoding how, std::uint64_t size);

  /// Throws `std::out_of_range` if there is no such entry.
  [[nodiscard]] const type& operator[](type_id id) const;
  [[nodiscard]] std::size_t size() const noexcept { return types_.size(); }
  [[nodiscard]] const std::vector<type>& entries() const noexcept { return types_; }

 private:
  std::vector<type> types_;
  std::vector<type_id>
      sorted_;  ///< by content, so that `add` finds an equal entry in logarithmic time
};

/// "f32", "i64", "bool", "bf16", ...; for anything but a scalar the type's own name.
[[nodiscard]] std::string short_name(const type& t);

/// True for what stands for one number, truth value, character, enumerator or address.
[[nodiscard]] bool is_scalar(const type& t) noexcept;

}  // namespace rk::model
