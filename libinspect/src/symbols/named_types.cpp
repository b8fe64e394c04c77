// Types by name: find_named_type() and type_from().
#include <string>
#include <vector>

#include "symbols/cxx_names.hpp"
#include "symbols/debug_info.hpp"
#include "symbols/discover.hpp"
#include "symbols/elf_objects.hpp"
#include "symbols/markers.hpp"

namespace rk::symbols {
namespace {

using model::encoding;

bool is_word(std::size_t size) noexcept {
  return size == 1 || size == 2 || size == 4 || size == 8;
}

encoding encoding_of(const element_type& type) noexcept {
  using kind = element_type::kind;
  switch (type.what) {
    case kind::boolean:
      return encoding::boolean;
    case kind::character:
      return encoding::character;
    case kind::signed_integer:
      return is_word(type.size) ? encoding::signed_integer : encoding::opaque;
    case kind::unsigned_integer:
      return is_word(type.size) ? encoding::unsigned_integer : encoding::opaque;
    case kind::floating:
      return is_word(type.size) ? encoding::floating : encoding::opaque;
    case kind::brain_floating:
      return encoding::brain_floating;
    case kind::pointer:
      return encoding::pointer;
    case kind::named:
      return encoding::opaque;
  }
  return encoding::opaque;
}

}  // namespace

std::optional<model::type_id> find_named_type(const char* mangled_type_name,
                                              model::type_table& types) {
  const std::string name = demangle(mangled_type_name);
  for (const loaded_object& object : loaded_objects()) {
    const std::optional<elf_file> file = elf_file::open(object);
    if (!file || (!object.main_program && !file->has_section(all_marker_sections))) continue;
    if (const auto found = debug_info(*file, types).find_type(name)) return found;
  }
  return std::nullopt;
}

model::type_id type_from(const element_type& type, model::type_table& types) {
  const std::string name = type.mangled_name == nullptr ? "" : demangle(type.mangled_name);
  if (type.what == element_type::kind::named && type.mangled_name != nullptr) {
    const auto found = find_named_type(type.mangled_name, types);
    if (found && types[*found].size == type.size) return *found;
  }
  return types.add_scalar(name, encoding_of(type), type.size);
}

}  // namespace rk::symbols
