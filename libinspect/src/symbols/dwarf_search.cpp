#include "symbols/dwarf_search.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "symbols/cxx_names.hpp"

namespace rk::symbols {
namespace {

/// Calls `visit(unit)` for each compilation unit until one returns false.
template <class Visit>
void for_each_unit(Dwarf* dwarf, Visit visit) {
  Dwarf_CU* unit = nullptr;
  std::uint8_t kind = 0;
  Dwarf_Die root{};
  Dwarf_Die split{};
  while (dwarf_get_units(dwarf, unit, &unit, nullptr, &kind, &root, &split) == 0) {
    const bool elsewhere = kind == DW_UT_skeleton && split.addr != nullptr;
    if (!visit(elsewhere ? split : root)) return;
  }
}

class variable_search {
 public:
  explicit variable_search(std::span<const std::uint64_t> wanted)
      : missing_(wanted.begin(), wanted.end()) {}

  void run(Dwarf* dwarf, bool into_functions) {
    into_functions_ = into_functions;
    for_each_unit(dwarf, [this](Dwarf_Die unit) {
      search(unit, 0);
      return !missing_.empty();
    });
  }
  [[nodiscard]] bool complete() const noexcept { return missing_.empty(); }
  [[nodiscard]] std::unordered_map<std::uint64_t, Dwarf_Die> take() { return std::move(found_); }

 private:
  void search(Dwarf_Die parent, int depth) {
    if (depth == max_depth) return;
    for_each_child(parent, [&](Dwarf_Die child) {
      const int tag = dwarf_tag(&child);
      if (tag == DW_TAG_variable) {
        take_if_wanted(child);
      } else if (tag == DW_TAG_namespace || (into_functions_ && holds_locals(tag))) {
        search(child, depth + 1);
      }
      return !missing_.empty();
    });
  }

  static bool holds_locals(int tag) noexcept {
    return tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
           tag == DW_TAG_inlined_subroutine || is_aggregate(tag);
  }

  void take_if_wanted(Dwarf_Die variable) {
    const std::optional<std::uint64_t> address = fixed_address(variable);
    if (address && missing_.erase(*address) != 0) found_.emplace(*address, variable);
  }

  std::unordered_set<std::uint64_t> missing_;
  std::unordered_map<std::uint64_t, Dwarf_Die> found_;
  bool into_functions_ = false;
};

class type_search {
 public:
  explicit type_search(std::string_view qualified) {
    for (const std::string& scope : split_scopes(qualified)) {
      if (!is_anonymous_scope(scope)) scopes_.push_back(comparable_spelling(scope));
    }
  }

  /// Searches `parent`, to which the first `matched` scopes have led.
  void search(Dwarf_Die parent, std::size_t matched, int depth) {
    if (depth == max_depth) return;
    for_each_child(parent, [&](Dwarf_Die child) {
      visit(child, matched, depth);
      return !found_.has_value();
    });
  }
  [[nodiscard]] bool possible() const noexcept { return !scopes_.empty(); }
  [[nodiscard]] const std::optional<Dwarf_Die>& found() const noexcept { return found_; }

 private:
  void visit(Dwarf_Die child, std::size_t matched, int depth) {
    const int tag = dwarf_tag(&child);
    const bool scope = tag == DW_TAG_namespace || is_aggregate(tag);
    if (!scope && tag != DW_TAG_enumeration_type && tag != DW_TAG_typedef) return;
    if (tag != DW_TAG_typedef && has(child, DW_AT_specification)) {
      take_if_defined_apart(child);
      return;
    }
    const bool named = comparable_spelling(own_name(child)) == scopes_[matched];
    const bool last = matched + 1 == scopes_.size();
    if (named && last && tag != DW_TAG_namespace && !has(child, DW_AT_declaration)) {
      found_ = child;
    } else if (named && !last && scope) {
      search(child, matched + 1, depth + 1);
    }
    if (!found_ && is_transparent(child)) search(child, matched, depth + 1);
  }

  /// A definition outside of the scope that declares it: a nested class's, or one in a type unit.
  void take_if_defined_apart(Dwarf_Die die) {
    if (has(die, DW_AT_declaration) ||
        comparable_spelling(own_name(declaration_of(die))) != scopes_.back()) {
      return;
    }
    // Its name lacks transparent namespaces, which the one we look for may have.
    auto wanted = scopes_.begin();
    for (const std::string& scope : split_scopes(names_.qualified_name(die, ""))) {
      wanted = std::find(wanted, scopes_.end(), comparable_spelling(scope));
      if (wanted == scopes_.end()) return;
      ++wanted;
    }
    if (wanted == scopes_.end()) found_ = die;
  }

  std::vector<std::string> scopes_;
  scope_index names_;
  std::optional<Dwarf_Die> found_;
};

}  // namespace

std::unordered_map<std::uint64_t, Dwarf_Die> find_variables(
    Dwarf* dwarf, std::span<const std::uint64_t> link_addresses) {
  variable_search search(link_addresses);
  if (!search.complete()) search.run(dwarf, false);
  if (!search.complete()) search.run(dwarf, true);
  return search.take();
}

std::optional<Dwarf_Die> find_type_entry(Dwarf* dwarf, std::string_view qualified) {
  type_search search(qualified);
  if (!search.possible()) return std::nullopt;
  for_each_unit(dwarf, [&search](Dwarf_Die unit) {
    search.search(unit, 0, 0);
    return !search.found().has_value();
  });
  return search.found();
}

}  // namespace rk::symbols
