#include <algorithm>

#include <rk/error.hpp>
#include <rk/storage/checkpoint_file.hpp>

#include "model/text.hpp"
#include "storage/checkpoint_notes.hpp"

namespace rk::storage {
namespace {

/// Unsigned integers of this size.
std::string bits_of(char letter, std::uint64_t bytes) {
  return letter + std::to_string(8 * bytes);
}

/// Empty if the elements have no dtype of their own.
std::string dtype_of(const model::type& t) {
  const bool is_common_size = t.size == 1 || t.size == 2 || t.size == 4 || t.size == 8;
  if (!is_common_size) return {};
  switch (t.how) {
    case model::encoding::boolean:
      return t.size == 1 ? "BOOL" : std::string();
    case model::encoding::signed_integer:
      return bits_of('I', t.size);
    case model::encoding::character:
    case model::encoding::unsigned_integer:
    case model::encoding::pointer:
      return bits_of('U', t.size);
    case model::encoding::enumeration:
      return bits_of(t.is_signed ? 'I' : 'U', t.size);
    case model::encoding::floating:
      return t.size == 1 ? std::string() : bits_of('F', t.size);
    case model::encoding::brain_floating:
      return t.size == 2 ? "BF16" : std::string();
    case model::encoding::structure:
    case model::encoding::array:
    case model::encoding::opaque:
      break;
  }
  return {};
}

const symbol_change* find_change(const std::vector<symbol_change>& changes, model::symbol_id id) {
  const auto found = std::find_if(changes.begin(), changes.end(),
                                  [id](const symbol_change& c) { return c.symbol == id; });
  return found == changes.end() ? nullptr : &*found;
}

/// Where the changes lie comes first, then every symbol in turn.
std::vector<tensor> tensors_of(const model::catalogue& c,
                               const std::vector<symbol_change>& changes) {
  std::vector<tensor> tensors;
  for (const symbol_change& change : changes) {
    const std::uint64_t count = change.ranges.size();
    tensors.push_back({detail::ranges_name(c.find(change.symbol)->name),
                       "U64",
                       {count, 2},
                       0,
                       count * sizeof(model::byte_range)});
  }
  for (const model::symbol& s : c.symbols) {
    const symbol_change* change = find_change(changes, s.id);
    if (change == nullptr) {
      tensors.push_back(tensor_of(c, s));
    } else {
      const std::uint64_t bytes = change->bytes();
      tensors.push_back({detail::bytes_name(s.name), "U8", {bytes}, 0, bytes});
    }
  }
  return tensors;
}

}  // namespace

std::uint64_t symbol_change::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const model::byte_range& r : ranges) sum += r.bytes;
  return sum;
}

std::vector<model::byte_range> stored_ranges(const model::symbol& s,
                                             const std::vector<symbol_change>& changes) {
  const symbol_change* change = find_change(changes, s.id);
  return change != nullptr ? change->ranges : std::vector<model::byte_range>{{0, s.bytes}};
}

std::vector<symbol_change> by_symbol(const std::vector<model::symbol>& symbols,
                                     std::span<const protocol::changed_range> told) {
  std::vector<symbol_change> changes;
  for (const model::symbol& s : symbols) changes.push_back({s.id, {}});
  for (const protocol::changed_range& r : told) {
    const auto of = std::find_if(changes.begin(), changes.end(), [&](const symbol_change& c) {
      return static_cast<std::uint64_t>(c.symbol) == r.symbol;
    });
    if (of == changes.end()) {
      throw incompatible("the target tells of changes in what it was not asked for");
    }
    of->ranges.push_back({r.offset, r.bytes});
  }
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    if (detail::are_ranges_of(symbols[i].bytes, changes[i].ranges)) continue;
    throw incompatible("the changes that the target tells of in " +
                       model::detail::quoted(symbols[i].name) + " overlap, are empty or leave it");
  }
  return changes;
}

tensor tensor_of(const model::catalogue& c, const model::symbol& s) {
  const model::type& type = c.types[s.type];
  tensor t;
  t.name = s.name;
  t.shape = s.shape;
  t.bytes = s.bytes;
  t.dtype = dtype_of(type);
  if (t.dtype.empty()) {
    t.dtype = "U8";
    t.shape.push_back(type.size);
  }
  return t;
}

checkpoint_writer::checkpoint_writer(output& to, const checkpoint_info& info,
                                     const std::vector<symbol_change>& changes)
    : file_(to, tensors_of(info.catalogue, changes), detail::to_notes(info)) {
  static_assert(sizeof(model::byte_range) == 2 * sizeof(std::uint64_t));
  for (const symbol_change& change : changes) {
    file_.append(std::as_bytes(std::span(change.ranges)));
  }
}

}  // namespace rk::storage
