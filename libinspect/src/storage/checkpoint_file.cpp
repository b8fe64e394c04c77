#include <algorithm>
#include <charconv>
#include <random>

#include <rk/error.hpp>
#include <rk/storage/checkpoint_file.hpp>
#include <rk/version.hpp>

#include "model/json_object.hpp"
#include "model/text.hpp"

namespace rk::storage {
namespace {

using model::detail::shape_text;
using nlohmann::json;

constexpr const char* schema = "rk-inspect/checkpoint/1";
/// Differences that an error message lists.
constexpr std::size_t max_listed = 12;

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

/// What must agree for bytes to mean the same: encodings, sizes, names and places of members.
std::string layout_text(const model::type_table& types, model::type_id id) {
  const model::type& t = types[id];
  std::string text = std::string(model::to_string(t.how)) + std::to_string(t.size);
  if (t.how == model::encoding::array) {
    return text + shape_text(t.extents) + layout_text(types, t.element);
  }
  if (t.how != model::encoding::structure) return text;
  text += "{";
  for (const model::member& m : t.members) {
    text += m.name + "@" + std::to_string(m.offset) + ":" + layout_text(types, m.type) + ";";
  }
  return text + "}";
}

std::string kernels_text(const std::vector<checkpoint_info::kernel_note>& kernels) {
  json list = json::array();
  for (const auto& k : kernels) {
    list.push_back({{"id", k.id}, {"state", model::to_string(k.state)}, {"error", k.error}});
  }
  return json{{"kernels", std::move(list)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<checkpoint_info::kernel_note> parse_kernels(const std::string& text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const model::detail::json_object o(document, "rk.kernels");
  std::vector<checkpoint_info::kernel_note> kernels;
  for (const auto& k : o.objects("kernels", model::max_kernels)) {
    kernels.push_back({k.id<model::kernel_id>("id"),
                       model::parse_kernel_state(k.text("state", model::max_name_bytes)),
                       k.text("error", model::max_text_bytes)});
  }
  return kernels;
}

metadata to_notes(const checkpoint_info& info) {
  return {{"rk.schema", schema},
          {"rk.version", rk::version},
          {"rk.id", info.id},
          {"rk.kernel", info.kernel},
          {"rk.step", std::to_string(info.step)},
          {"rk.consistency", info.consistency},
          {"rk.cause", info.cause},
          {"rk.created_unix_ns", std::to_string(info.created_unix_ns)},
          {"rk.monotonic_ns", std::to_string(info.monotonic_ns)},
          {"rk.kernels", kernels_text(info.kernels)},
          {"rk.catalogue", model::to_json_text(info.catalogue)}};
}

const std::string& note(const metadata& notes, const char* name) {
  const auto found = notes.find(name);
  if (found == notes.end()) throw incompatible(std::string("the header lacks ") + name);
  return found->second;
}

template <class Number>
Number number_note(const metadata& notes, const char* name) {
  const std::string& text = note(notes, name);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw incompatible(std::string(name) + " is no number");
  }
  return value;
}

checkpoint_info parse_notes(const metadata& notes) {
  const auto kind = notes.find("rk.schema");
  if (kind == notes.end()) throw incompatible("it is no checkpoint of rk-inspect's");
  if (kind->second != schema) {
    throw incompatible("it is " + model::detail::quoted(kind->second) +
                       ", and this version reads " + schema);
  }
  checkpoint_info info;
  info.id = note(notes, "rk.id");
  info.kernel = note(notes, "rk.kernel");
  info.step = number_note<std::uint64_t>(notes, "rk.step");
  info.consistency = note(notes, "rk.consistency");
  info.cause = note(notes, "rk.cause");
  info.created_unix_ns = number_note<std::int64_t>(notes, "rk.created_unix_ns");
  info.monotonic_ns = number_note<std::int64_t>(notes, "rk.monotonic_ns");
  info.kernels = parse_kernels(note(notes, "rk.kernels"));
  info.catalogue = model::parse_catalogue(note(notes, "rk.catalogue"));
  return info;
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
  if (layout_text(of_from.types, from.type) == layout_text(of_to.types, to.type)) return {};
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

}  // namespace

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

std::string new_checkpoint_id() {
  std::random_device random;
  std::string id;
  constexpr std::string_view digits = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) id += digits[random() % digits.size()];
  return id;
}

namespace {
std::vector<tensor> tensors_of(const model::catalogue& c) {
  std::vector<tensor> tensors;
  for (const model::symbol& s : c.symbols) tensors.push_back(tensor_of(c, s));
  return tensors;
}
}  // namespace

checkpoint_writer::checkpoint_writer(const std::filesystem::path& path, const checkpoint_info& info)
    : file_(path, tensors_of(info.catalogue), to_notes(info)) {}

checkpoint_reader::checkpoint_reader(const std::filesystem::path& path) : file_(path) {
  try {
    info_ = parse_notes(file_.notes());
    for (const tensor& t : file_.tensors()) {
      const model::symbol* s = find_exact(info_.catalogue, t.name);
      if (s == nullptr) throw incompatible("its catalogue lacks " + model::detail::quoted(t.name));
      const tensor expected = tensor_of(info_.catalogue, *s);
      if (t.dtype != expected.dtype || t.shape != expected.shape) {
        throw incompatible("tensor " + model::detail::quoted(t.name) +
                           " is not what its catalogue says");
      }
    }
    for (const model::symbol& s : info_.catalogue.symbols) {
      if (file_.find(s.name) == nullptr) {
        throw incompatible("the file lacks " + model::detail::quoted(s.name) +
                           ", which is in its catalogue");
      }
    }
  } catch (const incompatible& e) {
    throw incompatible(path.string() + ": " + e.what());
  }
}

std::vector<matched_symbol> checkpoint_reader::match(const model::catalogue& target) const {
  std::vector<matched_symbol> pairs;
  std::vector<std::string> differences;
  for (const tensor& t : file_.tensors()) {
    const model::symbol* from = find_exact(info_.catalogue, t.name);
    if (from->runtime || !from->checkpoint) continue;
    const model::symbol* to = find_exact(target, t.name);
    if (to == nullptr) {
      differences.push_back(t.name + " is not in the target");
      continue;
    }
    std::string why = difference(info_.catalogue, *from, target, *to);
    if (!why.empty()) differences.push_back(std::move(why));
    pairs.push_back({&t, *to});
  }
  for (const model::symbol& s : target.symbols) {
    if (s.checkpoint && file_.find(s.name) == nullptr) {
      differences.push_back(s.name + " is not in the file");
    }
  }
  if (differences.empty()) return pairs;
  throw incompatible("the checkpoint does not fit the target: " + listed(differences));
}

model::array_value checkpoint_reader::read(const model::selection& s) const {
  const model::symbol* symbol = info_.catalogue.find(s.symbol);
  const tensor* from = symbol == nullptr ? nullptr : file_.find(symbol->name);
  if (from == nullptr) throw not_found("the file does not hold this symbol");
  const std::uint64_t element_bytes = info_.catalogue.types[s.type].size;
  const auto plan = model::plan_ranges(s, element_bytes);
  std::vector<std::byte> data;
  for (const model::byte_range& r : plan) {
    data.resize(data.size() + r.bytes);
    file_.read(*from, r.offset, std::span(data).last(r.bytes));
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
      shot.scalars.push_back({s.id, file_.read(*file_.find(s.name))});
    }
  }
  for (const model::kernel& k : info_.catalogue.kernels) {
    model::kernel_snapshot kernel;
    kernel.id = k.id;
    kernel.actors.resize(k.actor_count);
    file_.read(*file_.find(info_.catalogue.find(k.actors)->name), 0,
               std::as_writable_bytes(std::span(kernel.actors)));
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
