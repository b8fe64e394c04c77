#include "symbols/registered.hpp"

#include <span>
#include <string_view>

#include <rk/host/symbol_registration.hpp>

#include "symbols/cxx_names.hpp"
#include "symbols/markers.hpp"

namespace rk::symbols {
namespace {

/// Function pointers of a table in a loaded object.
template <class Function>
std::span<Function* const> table_of(const loaded_object& object, const elf_file& file,
                                    std::string_view section) {
  const auto found = file.section(section);
  if (!found) return {};
  const auto* first = static_cast<Function* const*>(object.run_address(found->link_address));
  return {first, found->bytes / sizeof(Function*)};
}

registered copy(const symbol_description& d) {
  registered r;
  r.name = d.name;
  r.address = d.address;
  r.kind = d.type.what;
  r.element_bytes = d.type.size;
  r.mangled_type = d.type.mangled_name;
  r.shape.assign(d.shape, d.shape + d.rank);
  r.checkpoint = d.checkpoint;
  r.source = {base_name(d.file), static_cast<std::uint32_t>(d.line)};
  return r;
}

}  // namespace

element_type registered::type() const noexcept {
  return {kind, static_cast<std::size_t>(element_bytes), mangled_type.c_str()};
}

std::uint64_t registered::bytes() const noexcept {
  std::uint64_t count = element_bytes;
  for (const std::uint64_t extent : shape) count *= extent;
  return count;
}

std::vector<registered> registrations_of(const loaded_object& object, const elf_file& file,
                                         backend_kind backend) {
  std::vector<registered> result;
  for (describe_function* describe :
       table_of<describe_function>(object, file, registration_section)) {
    const symbol_description d = describe();
    if (d.backend == backend) result.push_back(copy(d));
  }
  return result;
}

const void* resolve_on_device(const void* host_object) {
  for (const loaded_object& object : loaded_objects()) {
    const std::optional<elf_file> file = elf_file::open(object);
    if (!file) continue;
    for (resolve_function* resolve : table_of<resolve_function>(object, *file, runtime_section)) {
      if (const void* found = resolve(host_object)) return found;
    }
  }
  return nullptr;
}

}  // namespace rk::symbols
