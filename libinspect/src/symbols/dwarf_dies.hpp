#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include <dwarf.h>
#include <elfutils/libdw.h>

namespace rk::symbols {

/// Calls `visit(child)` for each child of `die` until one returns false.
template <class Visit>
void for_each_child(Dwarf_Die die, Visit visit) {
  Dwarf_Die child{};
  if (dwarf_child(&die, &child) != 0) return;
  do {
    if (!visit(child)) return;
  } while (dwarf_siblingof(&child, &child) == 0);
}

/// The entry that attribute `name` of `die` refers to.
[[nodiscard]] std::optional<Dwarf_Die> referred(Dwarf_Die die, unsigned name);
/// What DW_AT_type refers to, also where a declaration carries it.
[[nodiscard]] std::optional<Dwarf_Die> type_of(Dwarf_Die die);
[[nodiscard]] std::optional<std::uint64_t> number(Dwarf_Die die, unsigned name);
/// DW_AT_byte_size, zero without one.
[[nodiscard]] std::uint64_t size_of(Dwarf_Die die);
[[nodiscard]] bool has(Dwarf_Die die, unsigned name);
/// The entry's own name; empty if it has none.
[[nodiscard]] std::string own_name(Dwarf_Die die);
/// The entry that declares what `die` defines, else `die`: names and scopes are found there.
[[nodiscard]] Dwarf_Die declaration_of(Dwarf_Die die);
/// Address of a variable that lies at a fixed one.
[[nodiscard]] std::optional<std::uint64_t> fixed_address(Dwarf_Die variable);
/// True for structures, classes and unions.
[[nodiscard]] bool is_aggregate(int tag) noexcept;
/// True for namespaces that C++ lets one leave out: unnamed ones and inline ones.
[[nodiscard]] bool is_transparent(Dwarf_Die scope);

/// Qualified names. DWARF entries do not know their parents; this walks a unit once, when the first
/// name in it is asked for, and remembers them.
class scope_index {
 public:
  /// "fluid::cells": scopes joined by "::", transparent namespaces left out. An entry without a
  /// name of its own gets `unnamed`.
  [[nodiscard]] std::string qualified_name(Dwarf_Die die, std::string_view unnamed);

 private:
  void index_unit(Dwarf_Die die);
  void index_children(Dwarf_Die parent, int depth);

  std::unordered_set<const void*> units_;
  std::unordered_map<const void*, Dwarf_Die> parents_;
};

/// Bound for every walk down: nested scopes, types of members of members.
inline constexpr int max_depth = 48;

}  // namespace rk::symbols
