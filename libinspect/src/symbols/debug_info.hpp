#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include <elfutils/libdw.h>

#include <rk/model/catalogue.hpp>
#include <rk/model/type.hpp>

#include "symbols/dwarf_dies.hpp"
#include "symbols/dwarf_types.hpp"
#include "symbols/elf_objects.hpp"

namespace rk::symbols {

/// What a compiler left about one object's variables and types when it ran with -g.
///
/// Adds the types it finds to `types`, which must outlive it, as must `file`. Not thread-safe.
class debug_info {
 public:
  struct variable {
    std::string name;  ///< qualified
    shaped_type type;
    model::source_place source;  ///< base name of the declaring file, and line
  };

  debug_info(const elf_file& file, model::type_table& types);

  /// False if the object was compiled and linked without -g, or stripped.
  [[nodiscard]] bool available() const noexcept { return dwarf_ != nullptr; }

  /// Walks the units once, for the variables that find_variable() will be asked for.
  void locate(std::span<const std::uint64_t> link_addresses);
  /// Nothing if locate() has not found a variable at this address.
  [[nodiscard]] std::optional<variable> find_variable(std::uint64_t link_address);
  /// Structure, union or enumeration of this qualified name.
  [[nodiscard]] std::optional<model::type_id> find_type(std::string_view qualified);

 private:
  struct end_dwarf {
    void operator()(Dwarf* dwarf) const noexcept { dwarf_end(dwarf); }
  };

  std::unique_ptr<Dwarf, end_dwarf> dwarf_;
  scope_index scopes_;
  dwarf_types types_;
  std::unordered_map<std::uint64_t, Dwarf_Die> variables_;
};

}  // namespace rk::symbols
