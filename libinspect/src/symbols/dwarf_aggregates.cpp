// Structures, classes and unions: the part of dwarf_types that lays out members.
#include <algorithm>
#include <utility>

#include "symbols/cxx_names.hpp"
#include "symbols/dwarf_types.hpp"

namespace rk::symbols {
namespace {

using model::encoding;

/// Bytes from the owner's start; nothing for a place that only the running program knows.
std::optional<std::uint64_t> member_offset(Dwarf_Die die) {
  if (!has(die, DW_AT_data_member_location)) return 0;
  if (const auto offset = number(die, DW_AT_data_member_location)) return offset;
  Dwarf_Attribute attribute{};
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (dwarf_attr(&die, DW_AT_data_member_location, &attribute) == nullptr ||
      dwarf_getlocation(&attribute, &operations, &count) != 0 || count != 1 ||
      operations->atom != DW_OP_plus_uconst) {
    return std::nullopt;
  }
  return operations->number;
}

/// Bits from the owner's start to a bit-field's lowest bit, on a little-endian machine.
std::optional<std::uint64_t> first_bit_of(Dwarf_Die die, std::uint64_t bits,
                                          std::uint64_t storage_bytes) {
  if (const auto first = number(die, DW_AT_data_bit_offset)) return first;
  // Before DWARF 5: counted from the highest bit of a storage unit.
  const auto offset = member_offset(die);
  const auto above = number(die, DW_AT_bit_offset);
  if (!offset || !above) return std::nullopt;
  const std::uint64_t unit_bits = number(die, DW_AT_byte_size).value_or(storage_bytes) * 8;
  return *offset * 8 + unit_bits - *above - bits;
}

bool is_static(Dwarf_Die member) {
  return has(member, DW_AT_external) || has(member, DW_AT_declaration);
}

}  // namespace

model::type_id dwarf_types::aggregate(const core& type) {
  const Dwarf_Die die = *type.die;
  const auto known = known_.find(die.addr);
  if (known != known_.end()) return known->second;

  model::type result;
  result.name = name_of(type, "(unnamed)");
  result.size = size_of(die);
  if (result.name == "__half" && result.size == 2) {
    return table_.add_scalar(result.name, encoding::floating, 2);
  }
  if (result.name == "__nv_bfloat16" && result.size == 2) {
    return table_.add_scalar(result.name, encoding::brain_floating, 2);
  }
  if (has(die, DW_AT_declaration) || depth_ == max_depth) return opaque(result.name, result.size);

  result.how = encoding::structure;
  ++depth_;
  for (const bool bases : {false, true}) {  // a base's member gives way to one of the same name
    for_each_child(die, [&](Dwarf_Die child) {
      const int tag = dwarf_tag(&child);
      if (!bases && tag == DW_TAG_member) add_member(child, result);
      if (bases && tag == DW_TAG_inheritance) add_base(child, result);
      return true;
    });
  }
  --depth_;
  std::ranges::stable_sort(result.members, {}, &model::member::offset);
  const model::type_id id = table_.add(std::move(result));
  if (!own_name(declaration_of(die)).empty()) known_.emplace(die.addr, id);
  return id;
}

void dwarf_types::add_member(Dwarf_Die die, model::type& owner) {
  if (is_static(die) || has(die, DW_AT_artificial)) return;
  if (const auto bits = number(die, DW_AT_bit_size)) return add_bit_field(die, *bits, owner);
  const auto offset = member_offset(die);
  if (!offset) return;
  const shaped_type type = type_of_variable(die);
  const model::type& element = table_[type.element];
  if (element.size == 0 || type.count() == 0) return;  // a flexible array, an unknown type
  std::string name = own_name(die);
  if (name.empty() && type.shape.empty() && element.how == encoding::structure) {
    return flatten(model::type(element), *offset, owner);
  }
  owner.members.push_back({std::move(name), *offset, with_dimensions(type)});
}

void dwarf_types::add_bit_field(Dwarf_Die die, std::uint64_t bits, model::type& owner) {
  const std::string name = own_name(die);
  if (name.empty()) return;  // padding
  const core storage = strip(symbols::type_of(die));
  const auto first_bit = first_bit_of(die, bits, storage.die ? size_of(*storage.die) : 0);
  if (!first_bit) return;
  const std::uint64_t bytes = (*first_bit % 8 + bits + 7) / 8;
  const std::string label = spelling(storage.die, 0) + ":" + std::to_string(bits);
  owner.members.push_back({name, *first_bit / 8, opaque(label, bytes)});
}

void dwarf_types::add_base(Dwarf_Die die, model::type& owner) {
  const auto offset = member_offset(die);
  if (!offset || has(die, DW_AT_virtuality)) return;
  const core base = strip(symbols::type_of(die));
  const model::type_id id = translate(base);
  const model::type part = table_[id];
  if (part.how == encoding::structure) return flatten(part, *offset, owner);
  if (part.size != 0) owner.members.push_back({split_scopes(part.name).back(), *offset, id});
}

void dwarf_types::flatten(const model::type& part, std::uint64_t offset, model::type& owner) {
  for (const model::member& m : part.members) {
    const bool taken =
        std::ranges::find(owner.members, m.name, &model::member::name) != owner.members.end();
    std::string name = taken ? split_scopes(part.name).back() + "::" + m.name : m.name;
    owner.members.push_back({std::move(name), offset + m.offset, m.type});
  }
}

model::type_id dwarf_types::with_dimensions(const shaped_type& type) {
  if (type.shape.empty()) return type.element;
  model::type result;
  result.how = encoding::array;
  result.name = table_[type.element].name;
  for (const std::uint64_t extent : type.shape) result.name += "[" + std::to_string(extent) + "]";
  result.size = table_[type.element].size * type.count();
  result.element = type.element;
  result.extents = type.shape;
  return table_.add(std::move(result));
}

}  // namespace rk::symbols
