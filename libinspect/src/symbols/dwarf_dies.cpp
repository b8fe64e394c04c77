#include "symbols/dwarf_dies.hpp"

#include <string_view>
#include <vector>

#include "symbols/cxx_names.hpp"

namespace rk::symbols {
namespace {

/// True for what a qualified name may have to pass on its way up.
bool is_worth_indexing(int tag) noexcept {
  return is_aggregate(tag) || tag == DW_TAG_namespace || tag == DW_TAG_enumeration_type ||
         tag == DW_TAG_variable || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
         tag == DW_TAG_typedef || tag == DW_TAG_member;
}

}  // namespace

std::optional<Dwarf_Die> referred(Dwarf_Die die, unsigned name) {
  Dwarf_Attribute attribute{};
  Dwarf_Die target{};
  if (dwarf_attr(&die, name, &attribute) == nullptr ||
      dwarf_formref_die(&attribute, &target) == nullptr) {
    return std::nullopt;
  }
  return target;
}

std::optional<Dwarf_Die> type_of(Dwarf_Die die) {
  Dwarf_Attribute attribute{};
  Dwarf_Die target{};
  if (dwarf_attr_integrate(&die, DW_AT_type, &attribute) == nullptr ||
      dwarf_formref_die(&attribute, &target) == nullptr) {
    return std::nullopt;
  }
  return target;
}

std::optional<std::uint64_t> number(Dwarf_Die die, unsigned name) {
  Dwarf_Attribute attribute{};
  Dwarf_Word value = 0;
  if (dwarf_attr(&die, name, &attribute) == nullptr || dwarf_formudata(&attribute, &value) != 0) {
    return std::nullopt;
  }
  return value;
}

std::uint64_t size_of(Dwarf_Die die) {
  return number(die, DW_AT_byte_size).value_or(0);
}

bool has(Dwarf_Die die, unsigned name) {
  return dwarf_hasattr(&die, name) != 0;
}

std::string own_name(Dwarf_Die die) {
  Dwarf_Attribute attribute{};
  if (dwarf_attr(&die, DW_AT_name, &attribute) == nullptr) return {};
  const char* const text = dwarf_formstring(&attribute);
  return text == nullptr ? std::string() : std::string(text);
}

Dwarf_Die declaration_of(Dwarf_Die die) {
  for (int depth = 0; depth < max_depth; ++depth) {
    std::optional<Dwarf_Die> next = referred(die, DW_AT_abstract_origin);
    if (!next) next = referred(die, DW_AT_specification);
    if (!next) break;
    die = *next;
  }
  return die;
}

std::optional<std::uint64_t> fixed_address(Dwarf_Die variable) {
  Dwarf_Attribute attribute{};
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (dwarf_attr(&variable, DW_AT_location, &attribute) == nullptr ||
      dwarf_getlocation(&attribute, &operations, &count) != 0 || count != 1) {
    return std::nullopt;
  }
  if (operations->atom == DW_OP_addr) return operations->number;
  if (operations->atom != DW_OP_addrx && operations->atom != DW_OP_GNU_addr_index) {
    return std::nullopt;
  }
  // clang and split debug information: an index into .debug_addr.
  Dwarf_Attribute indexed{};
  Dwarf_Addr address = 0;
  if (dwarf_getlocation_attr(&attribute, operations, &indexed) != 0 ||
      dwarf_formaddr(&indexed, &address) != 0) {
    return std::nullopt;
  }
  return address;
}

bool is_aggregate(int tag) noexcept {
  return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

bool is_transparent(Dwarf_Die scope) {
  return dwarf_tag(&scope) == DW_TAG_namespace &&
         (has(scope, DW_AT_export_symbols) || is_anonymous_scope(own_name(scope)));
}

std::string scope_index::qualified_name(Dwarf_Die die, std::string_view unnamed) {
  die = declaration_of(die);
  index_unit(die);
  std::string name = own_name(die);
  if (name.empty()) name = unnamed;
  for (int depth = 0; depth < max_depth; ++depth) {
    const auto parent = parents_.find(die.addr);
    if (parent == parents_.end()) break;
    die = declaration_of(parent->second);
    const int tag = dwarf_tag(&die);
    if (tag == DW_TAG_lexical_block || is_transparent(die)) continue;
    const std::string scope = own_name(die);
    name.insert(0, (scope.empty() ? "(unnamed)" : scope) + "::");
  }
  return name;
}

void scope_index::index_unit(Dwarf_Die die) {
  Dwarf_Die unit{};
  if (dwarf_diecu(&die, &unit, nullptr, nullptr) == nullptr || !units_.insert(unit.addr).second) {
    return;
  }
  index_children(unit, 0);
}

void scope_index::index_children(Dwarf_Die parent, int depth) {
  for_each_child(parent, [&](Dwarf_Die child) {
    if (!is_worth_indexing(dwarf_tag(&child))) return true;
    if (depth > 0) parents_.emplace(child.addr, parent);
    if (depth < max_depth) index_children(child, depth + 1);
    return true;
  });
}

}  // namespace rk::symbols
