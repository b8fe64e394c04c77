#include "storage/checkpoint_notes.hpp"

#include <charconv>
#include <random>

#include <rk/error.hpp>
#include <rk/version.hpp>

#include "model/json_object.hpp"
#include "model/text.hpp"

namespace rk::storage {
namespace {

using nlohmann::json;

constexpr const char* schema = "rk-inspect/checkpoint/1";

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

}  // namespace

metadata detail::to_notes(const checkpoint_info& info) {
  // Only a hint, as names of files can be what no text can.
  const bool is_text =
      model::detail::is_printable(info.parent_file) &&
      json(info.parent_file).dump(-1, ' ', false, json::error_handler_t::ignore) ==
          json(info.parent_file).dump(-1, ' ', false, json::error_handler_t::replace);
  metadata notes{{"rk.schema", schema},
                 {"rk.version", rk::version},
                 {"rk.id", info.id},
                 {"rk.kernel", info.kernel},
                 {"rk.step", std::to_string(info.step)},
                 {"rk.epoch", std::to_string(info.epoch)},
                 {"rk.build_id", info.catalogue.target.build_id},
                 {"rk.consistency", info.consistency},
                 {"rk.cause", info.cause},
                 {"rk.parent", info.parent},
                 {"rk.parent_file", is_text ? info.parent_file : std::string()},
                 {"rk.created_unix_ns", std::to_string(info.created_unix_ns)},
                 {"rk.monotonic_ns", std::to_string(info.monotonic_ns)},
                 {"rk.kernels", kernels_text(info.kernels)},
                 {"rk.catalogue", model::to_json_text(info.catalogue)}};
  if (!info.actors.empty()) notes.emplace("rk.actors", info.actors);
  return notes;
}

namespace {

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

}  // namespace

checkpoint_info detail::parse_notes(const metadata& notes) {
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
  info.epoch = number_note<std::uint64_t>(notes, "rk.epoch");
  info.consistency = note(notes, "rk.consistency");
  info.cause = note(notes, "rk.cause");
  info.parent = note(notes, "rk.parent");
  info.parent_file = note(notes, "rk.parent_file");
  info.created_unix_ns = number_note<std::int64_t>(notes, "rk.created_unix_ns");
  info.monotonic_ns = number_note<std::int64_t>(notes, "rk.monotonic_ns");
  info.kernels = parse_kernels(note(notes, "rk.kernels"));
  info.catalogue = model::parse_catalogue(note(notes, "rk.catalogue"));
  return info;
}

std::string detail::ranges_name(const std::string& symbol) {
  return "rk.ranges." + symbol;
}
std::string detail::bytes_name(const std::string& symbol) {
  return "rk.changed." + symbol;
}

bool detail::are_ranges_of(std::uint64_t symbol_bytes,
                           const std::vector<model::byte_range>& ranges) noexcept {
  std::uint64_t end = 0;  // of the range before
  for (const model::byte_range& r : ranges) {
    const bool is_within = r.offset <= symbol_bytes && r.bytes <= symbol_bytes - r.offset;
    if (r.bytes == 0 || r.offset < end || !is_within) return false;
    end = r.offset + r.bytes;
  }
  return ranges.size() <= most_ranges(symbol_bytes);
}

std::string new_checkpoint_id() {
  std::random_device random;
  std::string id;
  constexpr std::string_view digits = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) id += digits[random() % digits.size()];
  return id;
}

}  // namespace rk::storage
