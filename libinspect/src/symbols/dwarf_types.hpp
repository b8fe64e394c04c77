#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <rk/model/type.hpp>

#include "symbols/dwarf_dies.hpp"

namespace rk::symbols {

/// An element type, and the dimensions around it.
struct shaped_type {
  model::type_id element{};
  std::vector<std::uint64_t> shape;  ///< outermost first

  /// Number of elements; one without dimensions.
  [[nodiscard]] std::uint64_t count() const noexcept {
    std::uint64_t product = 1;
    for (const std::uint64_t extent : shape) product *= extent;
    return product;
  }
};

/// Translates the types of one object's debug information into entries of a type table.
///
/// Pointers are never followed, so recursion ends with the nesting of the bytes themselves. What
/// has no translation becomes opaque bytes of its size. Names are as the source spells them: a
/// typedef's for a scalar and for what has no name of its own, else the type's.
class dwarf_types {
 public:
  dwarf_types(Dwarf* dwarf, scope_index& scopes, model::type_table& table)
      : dwarf_(dwarf), scopes_(scopes), table_(table) {}

  /// Type of a variable or member: all array dimensions go into the shape.
  [[nodiscard]] shaped_type type_of_variable(Dwarf_Die variable);
  /// Entry for the type that `die` describes, which is no array.
  [[nodiscard]] model::type_id translate(Dwarf_Die die);

 private:
  /// A type without its typedefs, qualifiers and array dimensions.
  struct core {
    std::optional<Dwarf_Die> die;  ///< nothing for void
    std::string alias;             ///< the outermost typedef that led to `die`
    std::vector<std::uint64_t> shape;
  };
  core strip(std::optional<Dwarf_Die> die);

  model::type_id translate(const core& type);
  model::type_id base_type(const core& type);
  model::type_id enumeration(const core& type);
  model::type_id aggregate(const core& type);
  model::type_id opaque(std::string name, std::uint64_t size);

  void add_member(Dwarf_Die die, model::type& owner);
  void add_bit_field(Dwarf_Die die, std::uint64_t bits, model::type& owner);
  void add_base(Dwarf_Die die, model::type& owner);
  /// Gives `owner` the members of `part`, which lies at `offset` in it.
  void flatten(const model::type& part, std::uint64_t offset, model::type& owner);
  /// An array entry, where there are dimensions.
  model::type_id with_dimensions(const shaped_type& type);

  std::string name_of(const core& type, std::string_view unnamed);
  std::string spelling(std::optional<Dwarf_Die> die, int depth);
  /// The definition, for a declaration or a reference by signature.
  Dwarf_Die complete(Dwarf_Die die);

  Dwarf* dwarf_;
  scope_index& scopes_;
  model::type_table& table_;
  std::unordered_map<const void*, model::type_id> known_;  ///< aggregates with names
  int depth_ = 0;                                          ///< of aggregates within aggregates
};

}  // namespace rk::symbols
