#include "storage/tensor_header.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

#include <rk/error.hpp>
#include <rk/model/catalogue.hpp>

#include "model/checked.hpp"
#include "model/json_object.hpp"
#include "model/text.hpp"

namespace rk::storage {
namespace {

using model::detail::json_object;
using nlohmann::json;

struct dtype_size {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array dtype_sizes{
    dtype_size{"BOOL", 1}, dtype_size{"U8", 1},  dtype_size{"I8", 1},      dtype_size{"F8_E5M2", 1},
    dtype_size{"I16", 2},  dtype_size{"U16", 2}, dtype_size{"F8_E4M3", 1}, dtype_size{"F16", 2},
    dtype_size{"BF16", 2}, dtype_size{"I32", 4}, dtype_size{"U32", 4},     dtype_size{"F32", 4},
    dtype_size{"I64", 8},  dtype_size{"U64", 8}, dtype_size{"F64", 8}};

/// A header is an object of objects with lists: anything deeper is hostile.
constexpr int max_depth = 4;
constexpr std::size_t max_note_bytes = 32u << 20;

/// Refuses what JSON allows and a header does not: depth, and a name twice, of which a reader would
/// see one and another reader the other.
class strict_parser {
 public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (depth > max_depth) throw incompatible("the header is nested too deeply");
    if (event == json::parse_event_t::object_start) names_.emplace_back();
    if (event == json::parse_event_t::object_end && !names_.empty()) names_.pop_back();
    if (event == json::parse_event_t::key && !names_.empty()) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names_.back().insert(name).second)
        throw incompatible(model::detail::quoted(name) + " stands twice");
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> names_;
};

tensor parse_tensor(const std::string& name, const json& entry) {
  const json_object o(entry, "tensor " + model::detail::quoted(name));
  tensor t;
  t.name = name;
  t.dtype = o.text("dtype", 16);
  t.shape = o.numbers("shape", model::max_rank + 1);
  const auto offsets = o.numbers("data_offsets", 2);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) o.fail("data_offsets", "is no range");
  t.offset = offsets[0];
  t.bytes = offsets[1] - offsets[0];
  if (dtype_bytes(t.dtype) == 0) o.fail("dtype", "is none that this version knows");
  const auto expected = model::detail::array_bytes(t.shape, dtype_bytes(t.dtype));
  if (expected != t.bytes) o.fail("data_offsets", "does not fit the shape");
  return t;
}

void check_layout(const std::vector<tensor>& tensors, std::uint64_t data_bytes) {
  std::uint64_t end = 0;
  for (const tensor& t : tensors) {
    const std::string what = "tensor " + model::detail::quoted(t.name);
    if (t.offset < end) throw incompatible(what + " overlaps the one before it");
    if (t.offset > end) throw incompatible(what + " leaves a gap before it");
    if (t.bytes > data_bytes - end) {
      throw incompatible(what + " ends behind the file: it is cut short");
    }
    end += t.bytes;
  }
  if (end != data_bytes) {
    throw incompatible("the file goes on for " + std::to_string(data_bytes - end) +
                       " bytes behind its last tensor");
  }
}

}  // namespace

std::uint64_t dtype_bytes(std::string_view dtype) noexcept {
  const auto* const found = std::find_if(dtype_sizes.begin(), dtype_sizes.end(),
                                         [&](const dtype_size& d) { return d.name == dtype; });
  return found == dtype_sizes.end() ? 0 : found->bytes;
}

tensor_header parse_tensor_header(std::string_view text, std::uint64_t data_bytes) {
  strict_parser strict;
  const json document = json::parse(text, std::ref(strict), /*allow_exceptions=*/false);
  if (!document.is_object()) throw incompatible("the header is no JSON object");
  if (document.size() > max_tensors) throw incompatible("the header has too many tensors");
  tensor_header header;
  for (const auto& [name, entry] : document.items()) {
    if (name != "__metadata__") {
      header.tensors.push_back(parse_tensor(name, entry));
      continue;
    }
    if (!entry.is_object()) throw incompatible("__metadata__ is no object");
    const json_object notes(entry, "__metadata__");
    for (const auto& note : entry.items()) {
      header.notes.emplace(note.key(), notes.text(note.key().c_str(), max_note_bytes));
    }
  }
  std::sort(header.tensors.begin(), header.tensors.end(), [](const tensor& a, const tensor& b) {
    return std::pair(a.offset, a.bytes) < std::pair(b.offset, b.bytes);
  });
  check_layout(header.tensors, data_bytes);
  return header;
}

std::string detail::to_header_text(const std::vector<tensor>& tensors, const metadata& notes) {
  nlohmann::ordered_json document;
  document["__metadata__"] = notes;
  for (const tensor& t : tensors) {
    document[t.name] = {
        {"dtype", t.dtype}, {"shape", t.shape}, {"data_offsets", {t.offset, t.offset + t.bytes}}};
  }
  std::string text = document.dump();
  constexpr std::size_t prefix = sizeof(std::uint64_t);
  const std::size_t end = prefix + text.size();
  text.append((data_alignment - end % data_alignment) % data_alignment, ' ');
  return text;
}

}  // namespace rk::storage
