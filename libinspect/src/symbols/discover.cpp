#include "symbols/discover.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <dlfcn.h>

#include "symbols/cxx_names.hpp"
#include "symbols/debug_info.hpp"
#include "symbols/elf_objects.hpp"
#include "symbols/markers.hpp"
#include "symbols/registered.hpp"
#include "symbols/unique_names.hpp"

namespace rk::symbols {
namespace {

/// Collects symbols in the order of objects and addresses, which is the same in each run.
class discovery {
 public:
  discovery(backend_kind backend, model::type_table& types)
      : sections_(marker_sections(backend)),
        types_(types),
        objects_(loaded_objects()),
        backend_(backend) {}

  std::vector<discovered> run() {
    for (const loaded_object& object : objects_) visit(object);
    name_all();
    return take();
  }

 private:
  struct entry {
    discovered symbol;
    std::string object;
  };

  void visit(const loaded_object& object) {
    const std::optional<elf_file> file = elf_file::open(object);
    if (!file) return;
    const std::vector<registered> mine = registrations_of(object, *file, backend_);
    if (!mine.empty() || file->has_section(sections_)) visit(object, *file, mine);
    for (const registered& r : mine) add_registered(r, object.name);
  }

  void visit(const loaded_object& object, const elf_file& file,
             const std::vector<registered>& mine) {
    std::vector<std::uint64_t> addresses;
    for (const registered& r : mine) addresses.push_back(object.link_address(r.address));
    const std::vector<elf_variable> variables = file.variables(sections_, addresses);
    addresses.clear();
    for (const elf_variable& v : variables) addresses.push_back(v.link_address);
    debug_info debug(file, types_);
    debug.locate(addresses);
    for (const elf_variable& v : variables) {
      const void* const address = object.run_address(v.link_address);
      const auto same = std::ranges::find_if(
          mine, [&](const registered& r) { return r.address == address && r.bytes() == v.bytes; });
      const registered* const typed = same == mine.end() ? nullptr : &*same;
      if (typed == nullptr && v.section == elf_variable::no_section) continue;
      add(describe(object, v, debug, typed), object.name);
    }
  }

  discovered describe(const loaded_object& object, const elf_variable& v, debug_info& debug,
                      const registered* typed) {
    discovered result;
    result.name = variable_name(v.mangled_name.c_str());
    result.bytes = v.bytes;
    result.address = live_address(object, v);
    result.checkpoint = v.section == checkpoint_section || (typed != nullptr && typed->checkpoint);
    const auto found = debug.find_variable(v.link_address);
    if (found) {
      result.name = found->name;
      result.source = found->source;
    }
    if (found && fits(found->type, v.bytes)) {
      result.type = found->type.element;
      result.shape = found->type.shape;
    } else if (typed != nullptr) {
      use_registration(*typed, result);
    } else {
      result.type = types_.add_scalar("std::byte", model::encoding::opaque, 1);
      result.shape = {v.bytes};
      result.note = found ? "debug information in '" + object.name +
                                "' does not give its size: shown as bytes, add RK_DEBUGGABLE(x)"
                          : "no debug information in '" + object.name +
                                "': compile the kernel with -g, or add RK_DEBUGGABLE(x)";
    }
    return result;
  }

  /// A program that names a library's variable has the linker make a copy of it in the program, and
  /// all objects use the copy: the place in the library then is dead.
  [[nodiscard]] const void* live_address(const loaded_object& object, const elf_variable& v) const {
    const void* const own = object.run_address(v.link_address);
    if (object.main_program || !v.preemptible) return own;
    const void* const bound = dlsym(RTLD_DEFAULT, v.mangled_name.c_str());
    return bound != nullptr && objects_.front().contains(bound) ? bound : own;
  }

  [[nodiscard]] bool fits(const shaped_type& type, std::uint64_t bytes) const {
    return types_[type.element].size * type.count() == bytes &&
           type.shape.size() <= model::max_rank;
  }

  void use_registration(const registered& typed, discovered& result) {
    result.type = type_from(typed.type(), types_);
    result.shape = typed.shape;
    if (result.source.file.empty()) result.source = typed.source;
    const model::type& found = types_[result.type];
    if (typed.kind == element_type::kind::named && found.how == model::encoding::opaque) {
      result.note =
          "no debug information for the type '" + found.name + "': compile the kernel with -g";
    }
  }

  void add_registered(const registered& r, const std::string& object) {
    discovered symbol;
    symbol.name = r.name;
    symbol.bytes = r.bytes();
    symbol.address = r.address;
    symbol.checkpoint = r.checkpoint;
    use_registration(r, symbol);
    add(std::move(symbol), object);
  }

  /// Keeps one symbol for each address and size: the first, which knows most.
  void add(discovered symbol, const std::string& object) {
    const auto [place, added] =
        places_.try_emplace({symbol.address, symbol.bytes}, entries_.size());
    if (added) {
      entries_.push_back({std::move(symbol), object});
    } else if (symbol.checkpoint) {
      entries_[place->second].symbol.checkpoint = true;
    }
  }

  void name_all() {
    std::vector<nameable> names;
    for (entry& e : entries_) names.push_back({&e.symbol.name, e.symbol.source.file, e.object});
    make_unique(names);
  }

  std::vector<discovered> take() {
    std::vector<discovered> result;
    for (entry& e : entries_) result.push_back(std::move(e.symbol));
    std::ranges::sort(result, {}, &discovered::name);
    return result;
  }

  std::span<const std::string_view, 2> sections_;
  model::type_table& types_;
  std::vector<loaded_object> objects_;
  backend_kind backend_;
  std::vector<entry> entries_;
  std::map<std::pair<const void*, std::uint64_t>, std::size_t> places_;
};

}  // namespace

std::vector<discovered> discover(backend_kind backend, model::type_table& types) {
  return discovery(backend, types).run();
}

}  // namespace rk::symbols
