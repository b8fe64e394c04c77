#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "symbols/dwarf_dies.hpp"

namespace rk::symbols {

/// Entries of the variables at `link_addresses`. Namespaces are searched first, functions (for
/// their static variables) only if something is still missing.
[[nodiscard]] std::unordered_map<std::uint64_t, Dwarf_Die> find_variables(
    Dwarf* dwarf, std::span<const std::uint64_t> link_addresses);

/// Entry that defines the structure, class, union, enumeration or typedef of this qualified name.
/// Transparent namespaces may be named or left out.
[[nodiscard]] std::optional<Dwarf_Die> find_type_entry(Dwarf* dwarf, std::string_view qualified);

}  // namespace rk::symbols
