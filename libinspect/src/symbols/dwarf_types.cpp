#include "symbols/dwarf_types.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "symbols/cxx_names.hpp"
#include "symbols/dwarf_search.hpp"

namespace rk::symbols {
namespace {

using model::encoding;

bool is_qualifier(int tag) noexcept {
  return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_restrict_type ||
         tag == DW_TAG_atomic_type;
}

/// Elements along one dimension; zero where the source gives no bound.
std::uint64_t extent_of(Dwarf_Die range) {
  if (const auto count = number(range, DW_AT_count)) return *count;
  if (const auto last = number(range, DW_AT_upper_bound)) {
    return *last + 1 - number(range, DW_AT_lower_bound).value_or(0);
  }
  return 0;
}

encoding encoding_of(std::uint64_t ate, const std::string& name, std::uint64_t size) noexcept {
  const bool word = size == 1 || size == 2 || size == 4 || size == 8;
  switch (ate) {
    case DW_ATE_boolean:
      return size == 1 ? encoding::boolean : encoding::opaque;
    case DW_ATE_float:
      if (size == 2 && name.find("bf") != std::string::npos) return encoding::brain_floating;
      return word && size != 1 ? encoding::floating : encoding::opaque;
    case DW_ATE_signed:
    case DW_ATE_signed_char:
      if (name == "char") return encoding::character;
      return word ? encoding::signed_integer : encoding::opaque;
    case DW_ATE_unsigned:
    case DW_ATE_unsigned_char:
    case DW_ATE_UTF:
      if (name == "char") return encoding::character;
      return word ? encoding::unsigned_integer : encoding::opaque;
    default:
      return encoding::opaque;
  }
}

/// A name that a reader should see: not one of the standard library's own, nor of a template's
/// inside.
bool is_presentable(const std::string& alias) {
  return !alias.empty() && alias.front() != '_' && alias.find('<') == std::string::npos;
}

}  // namespace

shaped_type dwarf_types::type_of_variable(Dwarf_Die variable) {
  core type = strip(type_of(variable));
  const model::type_id element = translate(type);
  return {element, std::move(type.shape)};
}

model::type_id dwarf_types::translate(Dwarf_Die die) {
  return translate(strip(die));
}

dwarf_types::core dwarf_types::strip(std::optional<Dwarf_Die> die) {
  core result;
  for (int depth = 0; die && depth < max_depth; ++depth) {
    const int tag = dwarf_tag(&*die);
    if (tag == DW_TAG_typedef) {
      std::string alias = scopes_.qualified_name(*die, "");
      if (result.alias.empty() && is_presentable(alias)) result.alias = std::move(alias);
    } else if (tag == DW_TAG_array_type) {
      result.alias.clear();  // it named the array
      for_each_child(*die, [&result](Dwarf_Die child) {
        if (dwarf_tag(&child) == DW_TAG_subrange_type) result.shape.push_back(extent_of(child));
        return true;
      });
    } else if (!is_qualifier(tag)) {
      break;
    }
    die = type_of(*die);
  }
  result.die = die ? std::optional(complete(*die)) : std::nullopt;
  return result;
}

Dwarf_Die dwarf_types::complete(Dwarf_Die die) {
  if (const auto unit = referred(die, DW_AT_signature)) return *unit;
  if (!has(die, DW_AT_declaration)) return die;
  return find_type_entry(dwarf_, scopes_.qualified_name(die, "")).value_or(die);
}

model::type_id dwarf_types::translate(const core& type) {
  if (!type.die) return opaque("void", 0);
  Dwarf_Die die = *type.die;
  switch (dwarf_tag(&die)) {
    case DW_TAG_base_type:
      return base_type(type);
    case DW_TAG_enumeration_type:
      return enumeration(type);
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
      return aggregate(type);
    case DW_TAG_pointer_type:
      return table_.add_scalar(type.alias.empty() ? spelling(die, 0) : type.alias,
                               encoding::pointer,
                               number(die, DW_AT_byte_size).value_or(sizeof(void*)));
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
      return opaque(spelling(die, 0), number(die, DW_AT_byte_size).value_or(sizeof(void*)));
    case DW_TAG_ptr_to_member_type: {
      auto target = type_of(die);
      const bool function = target && dwarf_tag(&*target) == DW_TAG_subroutine_type;
      return opaque(spelling(die, 0), (function ? 2 : 1) * sizeof(void*));
    }
    default:
      return opaque(spelling(die, 0), size_of(die));
  }
}

model::type_id dwarf_types::base_type(const core& type) {
  const std::string own(canonical_scalar(own_name(*type.die)));
  const std::uint64_t size = size_of(*type.die);
  const encoding how = encoding_of(number(*type.die, DW_AT_encoding).value_or(0), own, size);
  return table_.add_scalar(type.alias.empty() ? own : type.alias, how, size);
}

model::type_id dwarf_types::enumeration(const core& type) {
  model::type result;
  result.name = name_of(type, "(unnamed enum)");
  result.how = encoding::enumeration;
  result.size = size_of(*type.die);
  for_each_child(*type.die, [&result](Dwarf_Die child) {
    const auto value = number(child, DW_AT_const_value);
    if (dwarf_tag(&child) == DW_TAG_enumerator && value) {
      result.enumerators.push_back({own_name(child), static_cast<std::int64_t>(*value)});
    }
    return true;
  });
  const core underlying = strip(symbols::type_of(*type.die));
  if (underlying.die) {
    const auto ate = number(*underlying.die, DW_AT_encoding);
    result.is_signed = ate == DW_ATE_signed || ate == DW_ATE_signed_char;
  } else {
    result.is_signed =
        std::ranges::any_of(result.enumerators, [](const auto& e) { return e.value < 0; });
  }
  return table_.add(std::move(result));
}

model::type_id dwarf_types::opaque(std::string name, std::uint64_t size) {
  return table_.add_scalar(std::move(name), encoding::opaque, size);
}

std::string dwarf_types::name_of(const core& type, std::string_view unnamed) {
  if (own_name(declaration_of(*type.die)).empty() && !type.alias.empty()) return type.alias;
  return scopes_.qualified_name(*type.die, unnamed);
}

std::string dwarf_types::spelling(std::optional<Dwarf_Die> die, int depth) {
  if (!die) return "void";
  const int tag = dwarf_tag(&*die);
  const auto inner = [&] {
    return depth < max_depth ? spelling(symbols::type_of(*die), depth + 1) : std::string("...");
  };
  switch (tag) {
    case DW_TAG_const_type:
      return inner() + " const";
    case DW_TAG_volatile_type:
      return inner() + " volatile";
    case DW_TAG_pointer_type:
      return inner() + "*";
    case DW_TAG_reference_type:
      return inner() + "&";
    case DW_TAG_rvalue_reference_type:
      return inner() + "&&";
    case DW_TAG_array_type:
      return inner() + "[]";
    case DW_TAG_subroutine_type:
      return "function";
    case DW_TAG_ptr_to_member_type:
      return "member pointer";
    case DW_TAG_base_type:
      return std::string(canonical_scalar(own_name(*die)));
    default:
      return scopes_.qualified_name(*die, "(unnamed)");
  }
}

}  // namespace rk::symbols
