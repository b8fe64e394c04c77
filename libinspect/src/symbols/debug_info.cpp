#include "symbols/debug_info.hpp"

#include "symbols/cxx_names.hpp"
#include "symbols/dwarf_search.hpp"

namespace rk::symbols {
namespace {

/// The file that declares `variable`, else its unit's main file. (libdw's own function for this
/// stops the process where a unit's table of files cannot be read.)
std::string declaring_file(Dwarf_Die variable) {
  Dwarf_Attribute attribute{};
  Dwarf_Word index = 0;
  Dwarf_Die unit{};
  if (dwarf_attr_integrate(&variable, DW_AT_decl_file, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &index) != 0 ||
      dwarf_cu_die(attribute.cu, &unit, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) ==
          nullptr) {
    return {};
  }
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  const bool readable = dwarf_getsrcfiles(&unit, &files, &count) == 0 && index < count;
  const char* const file = readable ? dwarf_filesrc(files, index, nullptr, nullptr) : nullptr;
  return base_name(file != nullptr ? std::string(file) : own_name(unit));
}

model::source_place place_of(Dwarf_Die variable) {
  model::source_place place{declaring_file(variable), 0};
  int line = 0;
  if (dwarf_decl_line(&variable, &line) == 0 && line > 0) {
    place.line = static_cast<std::uint32_t>(line);
  }
  return place;
}

}  // namespace

debug_info::debug_info(const elf_file& file, model::type_table& types)
    : dwarf_(dwarf_begin_elf(file.handle(), DWARF_C_READ, nullptr)),
      types_(dwarf_.get(), scopes_, types) {}

void debug_info::locate(std::span<const std::uint64_t> link_addresses) {
  if (available()) variables_ = find_variables(dwarf_.get(), link_addresses);
}

std::optional<debug_info::variable> debug_info::find_variable(std::uint64_t link_address) {
  const auto found = variables_.find(link_address);
  if (found == variables_.end()) return std::nullopt;
  const Dwarf_Die die = found->second;
  return variable{scopes_.qualified_name(die, "(unnamed)"), types_.type_of_variable(die),
                  place_of(die)};
}

std::optional<model::type_id> debug_info::find_type(std::string_view qualified) {
  if (!available()) return std::nullopt;
  const std::optional<Dwarf_Die> die = find_type_entry(dwarf_.get(), qualified);
  if (!die) return std::nullopt;
  return types_.translate(*die);
}

}  // namespace rk::symbols
