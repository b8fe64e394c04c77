#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <rk/error.hpp>

#include "model/catalogue_schema.hpp"
#include "model/checked.hpp"

namespace rk::model::detail {
namespace {

/// "symbols[3]" and the like, for messages.
struct entry {
  std::string_view list;
  std::size_t index = 0;

  [[noreturn]] void fail(const std::string& why) const {
    throw incompatible("catalogue." + std::string(list) + "[" + std::to_string(index) + "]" + why);
  }
};

void check_extents(const entry& where, const std::string& field,
                   const std::vector<std::uint64_t>& extents) {
  if (extents.size() > max_rank) where.fail(field + " has too many dimensions");
  const bool is_huge = std::any_of(extents.begin(), extents.end(),
                                   [](std::uint64_t e) { return e > max_symbol_bytes; });
  if (is_huge) where.fail(field + " has an extent larger than any symbol");
}

void check_members(const entry& where, const type_table& types, const type& t) {
  for (std::size_t i = 0; i < t.members.size(); ++i) {
    const std::uint64_t offset = t.members[i].offset;
    if (offset > t.size || types[t.members[i].type].size > t.size - offset) {
      where.fail(".members[" + std::to_string(i) + "] reaches out of its structure");
    }
  }
}

void check_array(const entry& where, const type_table& types, const type& t) {
  if (t.extents.empty()) where.fail(".extents is empty");
  check_extents(where, ".extents", t.extents);
  if (array_bytes(t.extents, types[t.element].size) != t.size) {
    where.fail(".size_bytes is not the product of the extents and the element's size");
  }
}

/// Types that `t` is made of stand before it, so their depths are known.
[[nodiscard]] std::size_t depth_of(const type& t, const std::vector<std::size_t>& depths) {
  std::size_t deepest = 0;
  if (t.how == encoding::array) deepest = depths[static_cast<std::size_t>(t.element)];
  for (const member& m : t.members) {
    deepest = std::max(deepest, depths[static_cast<std::size_t>(m.type)]);
  }
  return deepest + 1;
}

/// Only an array may be of zero bytes (`T data[0]` at a structure's end): with that, a selection
/// that has elements has bytes, and counts stay as bounded as sizes are.
void check_types(const type_table& types) {
  std::vector<std::size_t> depths;
  for (const type& t : types.entries()) {
    const entry where{"types", depths.size()};
    if (t.how == encoding::array) check_array(where, types, t);
    if (t.how != encoding::array && t.size == 0) where.fail(".size_bytes is zero");
    check_members(where, types, t);
    depths.push_back(depth_of(t, depths));
    if (depths.back() > max_type_depth) where.fail(" is nested too deeply");
  }
}

[[nodiscard]] std::map<segment_id, std::uint64_t> check_segments(
    const std::vector<segment>& segments) {
  std::map<segment_id, std::uint64_t> bytes;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!bytes.emplace(segments[i].id, segments[i].bytes).second) {
      entry{"segments", i}.fail(".id is taken by another segment");
    }
  }
  return bytes;
}

void check_location(const entry& where, const symbol& s,
                    const std::map<segment_id, std::uint64_t>& segments) {
  if (!s.where) return;
  const auto found = segments.find(s.where->segment);
  if (found == segments.end()) where.fail(".where.segment is no segment of this catalogue");
  if (s.where->offset > found->second || s.bytes > found->second - s.where->offset) {
    where.fail(".where reaches out of its segment");
  }
}

void check_size(const entry& where, const symbol& s, const type_table& types) {
  if (static_cast<std::size_t>(s.type) >= types.size()) where.fail(".type is no type");
  check_extents(where, ".shape", s.shape);
  const auto bytes = array_bytes(s.shape, types[s.type].size);
  if (!bytes || *bytes > max_symbol_bytes) where.fail(".shape is larger than any symbol");
  if (*bytes != s.bytes) {
    where.fail(".bytes is " + std::to_string(s.bytes) + ", but shape and type make " +
               std::to_string(*bytes));
  }
}

using symbols_by_id = std::map<symbol_id, const symbol*>;

[[nodiscard]] symbols_by_id check_symbols(const catalogue& c) {
  const auto segments = check_segments(c.segments);
  symbols_by_id ids;
  std::set<std::string_view> names;
  for (const symbol& s : c.symbols) {
    const entry where{"symbols", ids.size()};
    if (s.name.empty()) where.fail(".name is empty");
    if (!names.insert(s.name).second) where.fail(".name is taken by another symbol");
    check_size(where, s, c.types);
    check_location(where, s, segments);
    if (!ids.emplace(s.id, &s).second) where.fail(".id is taken by another symbol");
  }
  return ids;
}

void check_actors(const entry& where, const kernel& k, const symbols_by_id& symbols) {
  if (k.actor_count > max_actors) where.fail(".actor_count is too large");
  const auto found = symbols.find(k.actors);
  if (found == symbols.end()) where.fail(".actors is no symbol of this catalogue");
  const symbol& actors = *found->second;
  const bool has_shape = actors.shape == std::vector<std::uint64_t>{k.actor_count};
  if (!has_shape || actors.bytes != k.actor_count * sizeof(abi::actor_record)) {
    where.fail(".actors is a symbol that does not hold actor_count records");
  }
}

void check_launch(const entry& where, const std::string& field, const extent3& extent) {
  const auto count = array_bytes({extent.x, extent.y, extent.z}, 1);
  if (!count || *count == 0) where.fail(field + " is no extent that a launch can have");
}

void check_kernels(const catalogue& c, const symbols_by_id& symbols) {
  std::set<kernel_id> ids;
  std::set<symbol_id> actors;
  for (const kernel& k : c.kernels) {
    const entry where{"kernels", ids.size()};
    if (k.name.empty()) where.fail(".name is empty");
    check_launch(where, ".grid", k.grid);
    check_launch(where, ".block", k.block);
    check_actors(where, k, symbols);
    if (!ids.insert(k.id).second) where.fail(".id is taken by another kernel");
    if (!actors.insert(k.actors).second) where.fail(".actors is another kernel's");
  }
}

}  // namespace

void check(const catalogue& c) {
  check_types(c.types);
  const symbols_by_id symbols = check_symbols(c);
  check_kernels(c, symbols);
}

}  // namespace rk::model::detail
