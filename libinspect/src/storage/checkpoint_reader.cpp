#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include <rk/error.hpp>
#include <rk/model/objects.hpp>
#include <rk/storage/checkpoint_file.hpp>

#include "model/text.hpp"
#include "storage/checkpoint_notes.hpp"

namespace rk::storage {
namespace {

using model::detail::shape_text;

/// Differences that an error message lists.
constexpr std::size_t max_listed = 12;
/// Checkpoints that build on each other: all are open together.
constexpr std::size_t max_chain = 256;
constexpr std::uint64_t compared_bytes = abi::page_bytes;
/// Of a symbol that is compared, at once.
constexpr std::uint64_t fetched_bytes = 64 * compared_bytes;

/// Whether bytes mean the same in two types: encodings, sizes, names and places of members. Pairs
/// that were compared are not compared again: types may share their parts endlessly often.
class layout_comparison {
 public:
  layout_comparison(const model::type_table& left, const model::type_table& right)
      : left_(left), right_(right) {}

  [[nodiscard]] bool same(model::type_id l, model::type_id r) {
    const auto [known, is_new] = known_.emplace(std::pair(l, r), true);
    if (!is_new) return known->second;
    const bool result = same_parts(left_[l], right_[r]);
    return known_[{l, r}] = result;
  }

 private:
  [[nodiscard]] bool same_parts(const model::type& l, const model::type& r) {
    if (l.how != r.how || l.size != r.size) return false;
    if (l.how == model::encoding::array) {
      return l.extents == r.extents && same(l.element, r.element);
    }
    if (l.how != model::encoding::structure) return true;
    return std::equal(l.members.begin(), l.members.end(), r.members.begin(), r.members.end(),
                      [this](const model::member& x, const model::member& y) {
                        return x.name == y.name && x.offset == y.offset && same(x.type, y.type);
                      });
  }

  const model::type_table& left_;
  const model::type_table& right_;
  std::map<std::pair<model::type_id, model::type_id>, bool> known_;
};

std::filesystem::path real_path(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path real = std::filesystem::absolute(path, error);
  if (!error) real = std::filesystem::weakly_canonical(real, error);
  if (error) throw system_error("realpath(" + path.string() + ")", error.value());
  return real;
}

/// Joins what has no gap between.
void add_range(std::vector<model::byte_range>& ranges, const model::byte_range& next) {
  if (!ranges.empty() && ranges.back().offset + ranges.back().bytes == next.offset) {
    ranges.back().bytes += next.bytes;
  } else {
    ranges.push_back(next);
  }
}

const model::symbol* find_exact(const model::catalogue& c, const std::string& name) {
  const auto found = std::find_if(c.symbols.begin(), c.symbols.end(),
                                  [&](const model::symbol& s) { return s.name == name; });
  return found == c.symbols.end() ? nullptr : &*found;
}

/// Why bytes of `from` would mean something else in `to`; empty if they would not.
std::string difference(const model::catalogue& of_from, const model::symbol& from,
                       const model::catalogue& of_to, const model::symbol& to) {
  if (from.shape != to.shape) {
    return from.name + " has shape " + shape_text(from.shape) + " in the file and " +
           shape_text(to.shape) + " in the target";
  }
  if (layout_comparison(of_from.types, of_to.types).same(from.type, to.type)) return {};
  return from.name + " is " + model::detail::quoted(of_from.types[from.type].name) +
         " in the file and " + model::detail::quoted(of_to.types[to.type].name) +
         " in the target, of another layout";
}

std::string listed(const std::vector<std::string>& differences) {
  std::string text;
  for (std::size_t i = 0; i < std::min(differences.size(), max_listed); ++i) {
    text += (i == 0 ? "" : "; ") + differences[i];
  }
  if (differences.size() > max_listed) {
    text += "; and " + std::to_string(differences.size() - max_listed) + " more";
  }
  return text;
}

/// The checkpoint that `info` builds on: under the name it had, or whichever file beside it has its
/// id.
std::filesystem::path find_parent(const std::filesystem::path& path, const checkpoint_info& info) {
  namespace fs = std::filesystem;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const auto is_it = [&](const fs::path& candidate) {
    try {
      return detail::parse_notes(tensor_reader(candidate).notes()).id == info.parent;
    } catch (const error&) {
      return false;
    }
  };
  // A name alone: what a file says must not lead to other folders.
  fs::path known = folder / fs::path(info.parent_file).filename();
  if (!info.parent_file.empty() && is_it(known)) return known;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored) && is_it(entry.path())) return entry.path();
  }
  throw incompatible("it builds on checkpoint " + info.parent + " (" +
                     model::detail::quoted(info.parent_file) + "), which is not beside it");
}

}  // namespace

checkpoint_reader::checkpoint_reader(const std::filesystem::path& path)
    : checkpoint_reader(path, std::vector<std::string>()) {}

checkpoint_reader::checkpoint_reader(const std::filesystem::path& path,
                                     std::vector<std::string> above)
    : path_(path), file_(path) {
  try {
    info_ = detail::parse_notes(file_.notes());
    if (!info_.parent.empty()) {
      above.push_back(info_.id);
      const bool is_circle = std::find(above.begin(), above.end(), info_.parent) != above.end();
      if (is_circle || above.size() > max_chain) {
        throw incompatible("the checkpoints that it builds on have no end");
      }
      parent_ = std::shared_ptr<const checkpoint_reader>(
          new checkpoint_reader(find_parent(path, info_), std::move(above)));
    }
    std::size_t used = 0;
    for (const model::symbol& s : info_.catalogue.symbols) used += check(s);
    if (used != file_.tensors().size()) {
      throw incompatible("it holds tensors that are not in its catalogue");
    }
  } catch (const incompatible& e) {
    throw incompatible(path.string() + ": " + e.what());
  }
}

std::size_t checkpoint_reader::check(const model::symbol& s) {
  const std::string name = model::detail::quoted(s.name);
  if (const tensor* whole = file_.find(s.name)) {
    const tensor expected = tensor_of(info_.catalogue, s);
    if (whole->dtype != expected.dtype || whole->shape != expected.shape) {
      throw incompatible("tensor " + name + " is not what its catalogue says");
    }
    return 1;
  }
  const tensor* ranges = file_.find(detail::ranges_name(s.name));
  changed_symbol changed{file_.find(detail::bytes_name(s.name)), {}};
  if (parent_ == nullptr || ranges == nullptr || changed.bytes == nullptr) {
    throw incompatible("the file lacks " + name + ", which is in its catalogue");
  }
  const model::symbol* before = find_exact(parent_->info_.catalogue, s.name);
  if (before == nullptr ||
      !difference(parent_->info_.catalogue, *before, info_.catalogue, s).empty()) {
    throw incompatible(name + " is not the same in the checkpoint that this one builds on");
  }
  const bool is_possible =
      ranges->bytes % sizeof(model::byte_range) == 0 &&
      ranges->bytes / sizeof(model::byte_range) <= detail::most_ranges(s.bytes);
  if (!is_possible || changed.bytes->dtype != "U8") {
    throw incompatible("the changes of " + name + " are not what they should be");
  }
  std::vector<model::byte_range> read(ranges->bytes / sizeof(model::byte_range));
  file_.read(*ranges, 0, std::as_writable_bytes(std::span(read)));
  if (!detail::are_ranges_of(s.bytes, read)) {
    throw incompatible("the changes of " + name + " overlap, are empty or leave it");
  }
  std::uint64_t at = 0;
  for (const model::byte_range& r : read) {
    changed.ranges.push_back({r, at});
    at += r.bytes;
  }
  if (at != changed.bytes->bytes) {
    throw incompatible("the changes of " + name + " have " + std::to_string(changed.bytes->bytes) +
                       " bytes and should have " + std::to_string(at));
  }
  changed_.emplace(s.name, std::move(changed));
  return 2;
}

void checkpoint_reader::verify() const {
  if (parent_ != nullptr) parent_->verify();
  file_.verify_all();
}

std::vector<std::filesystem::path> checkpoint_reader::paths() const {
  std::vector<std::filesystem::path> all{path_};
  for (auto p = parent_; p != nullptr; p = p->parent_) all.push_back(p->path_);
  return all;
}

std::uint64_t checkpoint_reader::stored_bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const tensor& t : file_.tensors()) sum += t.bytes;
  return sum;
}

std::vector<symbol_change> checkpoint_reader::compare(const std::vector<model::symbol>& symbols,
                                                      const byte_source& now) const {
  std::vector<symbol_change> changes;
  for (const model::symbol& s : symbols) changes.push_back(compare(s, now));
  return changes;
}

symbol_change checkpoint_reader::compare(const model::symbol& s, const byte_source& now) const {
  const model::symbol* before = find_exact(info_.catalogue, s.name);
  if (before == nullptr || before->bytes != s.bytes)
    throw not_found("the file does not hold " + s.name);
  symbol_change change{s.id, {}};
  std::vector<std::byte> old(std::min(s.bytes, fetched_bytes));
  std::vector<std::byte> current(old.size());
  for (std::uint64_t at = 0; at < s.bytes; at += fetched_bytes) {
    const std::uint64_t part = std::min(fetched_bytes, s.bytes - at);
    read(*before, at, std::span(old).first(part));
    now(s, at, std::span(current).first(part));
    for (std::uint64_t page = 0; page < part; page += compared_bytes) {
      const std::uint64_t bytes = std::min(compared_bytes, part - page);
      if (std::memcmp(old.data() + page, current.data() + page, bytes) == 0) continue;
      add_range(change.ranges, {at + page, bytes});
    }
  }
  return change;
}

void checkpoint_reader::require_place(const std::filesystem::path& of_next) const {
  namespace fs = std::filesystem;
  // As it is when it is written: a link stays, and the file behind it is replaced.
  const fs::path next = real_path(of_next);
  for (const fs::path& file : paths()) {
    const fs::path real = real_path(file);
    if (real != next && real.parent_path() == next.parent_path()) continue;
    throw invalid_argument(of_next.string() + " must be in the folder of " + file.string() +
                           ", which it builds on, and another file: one cannot be read without "
                           "the other");
  }
}

std::vector<matched_symbol> checkpoint_reader::match(const model::catalogue& target) const {
  std::vector<matched_symbol> pairs;
  std::vector<std::string> differences;
  for (const model::symbol& from : info_.catalogue.symbols) {
    if (!from.checkpoint) continue;
    const model::symbol* to = find_exact(target, from.name);
    if (to == nullptr) {
      differences.push_back(from.name + " is not in the target");
      continue;
    }
    std::string why = difference(info_.catalogue, from, target, *to);
    if (!why.empty()) differences.push_back(std::move(why));
    pairs.push_back({from, *to});
  }
  for (const model::symbol& s : target.symbols) {
    if (s.checkpoint && find_exact(info_.catalogue, s.name) == nullptr) {
      differences.push_back(s.name + " is not in the file");
    }
  }
  if (differences.empty()) return pairs;
  throw incompatible("the checkpoint does not fit the target: " + listed(differences));
}

void checkpoint_reader::read(const model::symbol& s, std::uint64_t offset,
                             std::span<std::byte> to) const {
  if (const tensor* whole = file_.find(s.name)) {
    file_.read(*whole, offset, to);
    return;
  }
  const auto changed = changed_.find(s.name);
  if (changed == changed_.end()) throw not_found("the file does not hold " + s.name);
  parent_->read(*find_exact(parent_->info_.catalogue, s.name), offset, to);
  const std::uint64_t end = offset + to.size();
  const auto& ranges = changed->second.ranges;
  auto r = std::partition_point(ranges.begin(), ranges.end(), [offset](const stored_range& before) {
    return before.range.offset + before.range.bytes <= offset;
  });
  for (; r != ranges.end() && r->range.offset < end; ++r) {
    const std::uint64_t first = std::max(offset, r->range.offset);
    const std::uint64_t last = std::min(end, r->range.offset + r->range.bytes);
    file_.read(*changed->second.bytes, r->at + (first - r->range.offset),
               to.subspan(first - offset, last - first));
  }
}

std::vector<std::byte> checkpoint_reader::read(const model::symbol& s) const {
  std::vector<std::byte> bytes(s.bytes);
  read(s, 0, bytes);
  return bytes;
}

model::array_value checkpoint_reader::read(const model::selection& s) const {
  const model::symbol* symbol = info_.catalogue.find(s.symbol);
  if (symbol == nullptr) throw not_found("the file does not hold this symbol");
  const std::uint64_t element_bytes = info_.catalogue.types[s.type].size;
  const auto plan = model::plan_ranges(s, element_bytes);
  std::vector<std::byte> data;
  for (const model::byte_range& r : plan) {
    data.resize(data.size() + r.bytes);
    read(*symbol, r.offset, std::span(data).last(r.bytes));
  }
  return {s.type, s.shape(), model::gather(s, element_bytes, plan, data)};
}

model::snapshot checkpoint_reader::snapshot() const {
  model::snapshot shot;
  shot.catalogue = info_.catalogue;
  shot.taken_unix_ns = info_.created_unix_ns;
  shot.taken_monotonic_ns = info_.monotonic_ns;
  for (const model::symbol& s : info_.catalogue.symbols) {
    if (model::is_scalar_symbol(info_.catalogue, s)) {
      shot.scalars.push_back({s.id, read(s)});
    } else if (model::is_object_symbol(info_.catalogue, s) && file_.find(s.name) != nullptr) {
      shot.objects.push_back({s.id, read(s)});
    }
  }
  for (const model::kernel& k : info_.catalogue.kernels) {
    model::kernel_snapshot kernel;
    kernel.id = k.id;
    kernel.actors.resize(k.actor_count);
    read(*info_.catalogue.find(k.actors), 0, std::as_writable_bytes(std::span(kernel.actors)));
    for (const auto& known : info_.kernels) {
      if (known.id != k.id) continue;
      kernel.state = known.state;
      kernel.error = known.error;
    }
    shot.kernels.push_back(std::move(kernel));
  }
  return shot;
}

}  // namespace rk::storage
