#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include <rk/error.hpp>
#include <rk/model/catalogue.hpp>

#include "model/catalogue_schema.hpp"
#include "model/json_object.hpp"
#include "model/text.hpp"

namespace rk::model {
namespace {

using detail::json_object;
using json = nlohmann::json;

/// Ours nests five deep; the rest is for fields of later versions.
constexpr std::size_t max_json_depth = 32;
/// Members and enumerators of one type; the length of the text bounds them in any case.
constexpr std::size_t max_parts = 1u << 20;

/// Refuses nested text before the JSON library sees it.
void require_shallow(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '[' || c == '{')) {
      if (++depth > max_json_depth) throw incompatible("catalogue: JSON nested too deeply");
    } else if (!in_string && (c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
}

[[nodiscard]] json parse_json(std::string_view text) {
  if (text.size() > max_catalogue_bytes) {
    throw incompatible("catalogue: text of " + std::to_string(text.size()) +
                       " bytes is longer than " + std::to_string(max_catalogue_bytes));
  }
  require_shallow(text);
  try {
    return json::parse(text);
  } catch (const json::parse_error& e) {
    throw incompatible("catalogue: no JSON at byte " + std::to_string(e.byte));
  } catch (const json::exception&) {
    throw incompatible("catalogue: a number in the JSON is out of range");
  }
}

[[nodiscard]] target read_target(const json_object& o) {
  target t;
  t.name = o.text("name", max_name_bytes);
  t.pid = o.u64("pid");
  t.program = o.text("program", max_text_bytes);
  t.build_id = o.text("build_id", max_name_bytes);
  t.backend = o.text("backend", max_name_bytes);
  t.device = o.text("device", max_name_bytes);
  t.gpu_uuid = o.text("gpu_uuid", max_name_bytes);
  t.gpu_index = o.i32("gpu_index");
  t.started_unix_ns = o.i64("started_unix_ns");
  t.device_clock_offset_ns = o.i64("device_clock_offset_ns");
  return t;
}

void read_members(const json_object& o, type& t) {
  for (const json_object& m : o.objects("members", max_parts)) {
    t.members.push_back({m.text("name", max_text_bytes), m.u64("offset_bytes", max_symbol_bytes),
                         m.id<type_id>("type")});
  }
}

void read_enumerators(const json_object& o, type& t) {
  t.is_signed = o.boolean("signed");
  for (const json_object& e : o.objects("enumerators", max_parts)) {
    t.enumerators.push_back({e.text("name", max_text_bytes), e.i64("value")});
  }
}

[[nodiscard]] type read_type(const json_object& o) {
  type t;
  t.name = o.text("name", max_text_bytes);
  t.how = o.one_of("encoding", detail::encodings);
  t.size = o.u64("size_bytes", max_symbol_bytes);
  if (t.how == encoding::structure) read_members(o, t);
  if (t.how == encoding::enumeration) read_enumerators(o, t);
  if (t.how == encoding::array) {
    t.element = o.id<type_id>("element");
    t.extents = o.numbers("extents", max_rank);
  }
  return t;
}

[[nodiscard]] type_id add_type(type_table& types, const json_object& o) {
  type t = read_type(o);
  const char* const parts = t.how == encoding::array ? "element" : "members";
  try {
    return types.add(std::move(t));
  } catch (const std::invalid_argument&) {
    o.fail(parts, "refers to a type that does not stand before it");
  }
}

[[nodiscard]] type_table read_types(const json_object& o) {
  type_table types;
  for (const json_object& entry : o.objects("types", max_types)) {
    const auto next = static_cast<type_id>(types.size());
    if (add_type(types, entry) != next) entry.fail("name", "and all else repeats an earlier type");
  }
  return types;
}

[[nodiscard]] segment read_segment(const json_object& o) {
  return {o.id<segment_id>("id"), o.one_of("kind", detail::segment_kinds), o.u64("bytes"),
          o.boolean("writable")};
}

[[nodiscard]] std::optional<location> read_location(const json_object& o) {
  const auto where = o.object_or_null("where");
  if (!where) return std::nullopt;
  return location{where->id<segment_id>("segment"), where->u64("offset_bytes")};
}

[[nodiscard]] source_place read_source(const json_object& o) {
  return {o.text("file", max_text_bytes), o.u32("line")};
}

[[nodiscard]] symbol read_symbol(const json_object& o) {
  symbol s;
  s.id = o.id<symbol_id>("id");
  s.name = o.text("name", max_name_bytes);
  s.type = o.id<type_id>("type");
  s.shape = o.numbers("shape", max_rank);
  s.bytes = o.u64("bytes", max_symbol_bytes);
  s.where = read_location(o);
  s.checkpoint = o.boolean("checkpoint");
  s.runtime = o.boolean("runtime");
  s.source = read_source(o.object("source"));
  s.note = o.text("note", max_text_bytes);
  return s;
}

[[nodiscard]] extent3 read_extent(const json_object& o, const char* key) {
  const std::vector<std::uint64_t> extents = o.numbers(key, 3);
  if (extents.size() != 3) o.fail(key, "has not three entries");
  for (const std::uint64_t e : extents) {
    if (!std::in_range<std::uint32_t>(e)) o.fail(key, "has an extent that no launch can have");
  }
  return {static_cast<std::uint32_t>(extents[0]), static_cast<std::uint32_t>(extents[1]),
          static_cast<std::uint32_t>(extents[2])};
}

[[nodiscard]] kernel read_kernel(const json_object& o) {
  kernel k;
  k.id = o.id<kernel_id>("id");
  k.name = o.text("name", max_name_bytes);
  k.grid = read_extent(o, "grid");
  k.block = read_extent(o, "block");
  k.actor_count = static_cast<std::uint32_t>(o.u64("actor_count", max_actors));
  k.sync = o.one_of("synchrony", detail::synchronies);
  k.level = o.one_of("instrumentation", detail::instrumentations);
  k.actors = o.id<symbol_id>("actors");
  k.launched = o.boolean("launched");
  k.launched_unix_ns = o.i64("launched_unix_ns");
  return k;
}

[[nodiscard]] change read_change(const json_object& o) {
  change c;
  c.unix_ns = o.i64("unix_ns");
  c.kernel = o.text("kernel", max_name_bytes);
  c.step = o.u64("step");
  c.what = o.text("what", max_name_bytes);
  c.bytes = o.u64("bytes");
  c.before = o.text("before", max_name_bytes);
  c.after = o.text("after", max_name_bytes);
  c.pid = o.u64("pid");
  c.user = o.u64("user");
  c.program = o.text("program", max_name_bytes);
  for (const std::string* text : {&c.kernel, &c.what, &c.before, &c.after, &c.program}) {
    if (!detail::is_printable(*text)) o.fail("what", "or another text has control characters");
  }
  return c;
}

template <class Part>
[[nodiscard]] std::vector<Part> read_list(const json_object& o, const char* key, std::size_t most,
                                          Part (*read)(const json_object&)) {
  std::vector<Part> out;
  for (const json_object& entry : o.objects(key, most)) out.push_back(read(entry));
  return out;
}

}  // namespace

catalogue parse_catalogue(std::string_view text) {
  const json document = parse_json(text);
  const json_object o(document, "catalogue");
  if (o.text("schema", max_name_bytes) != detail::catalogue_schema) {
    o.fail("schema", "is not " + std::string(detail::catalogue_schema));
  }
  catalogue c;
  c.revision = o.u64("revision");
  c.target = read_target(o.object("target"));
  c.types = read_types(o);
  c.segments = read_list(o, "segments", max_segments, read_segment);
  c.symbols = read_list(o, "symbols", max_symbols, read_symbol);
  c.kernels = read_list(o, "kernels", max_kernels, read_kernel);
  c.changes = read_list(o, "changes", max_changes, read_change);
  detail::check(c);
  return c;
}

}  // namespace rk::model
