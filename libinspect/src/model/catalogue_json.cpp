#include <nlohmann/json.hpp>

#include <rk/model/catalogue.hpp>

#include "model/catalogue_schema.hpp"
#include "model/enum_text.hpp"

namespace rk::model {
namespace {

/// Keeps the order in which a person would read the fields.
using json = nlohmann::ordered_json;

[[nodiscard]] json to_json(const extent3& e) {
  return json::array({e.x, e.y, e.z});
}

[[nodiscard]] json to_json(const target& t) {
  return {
      {"name", t.name},
      {"pid", t.pid},
      {"program", t.program},
      {"build_id", t.build_id},
      {"backend", t.backend},
      {"device", t.device},
      {"gpu_uuid", t.gpu_uuid},
      {"gpu_index", t.gpu_index},
      {"started_unix_ns", t.started_unix_ns},
      {"device_clock_offset_ns", t.device_clock_offset_ns},
  };
}

[[nodiscard]] json to_json(const member& m) {
  return {{"name", m.name}, {"offset_bytes", m.offset}, {"type", m.type}};
}

[[nodiscard]] json to_json(const enumerator& e) {
  return {{"name", e.name}, {"value", e.value}};
}

[[nodiscard]] json to_json(const segment& s) {
  return {{"id", s.id},
          {"kind", detail::to_text(s.what)},
          {"bytes", s.bytes},
          {"writable", s.writable}};
}

/// Defined behind the last to_json, so that it sees them all.
template <class Part>
[[nodiscard]] json list(const std::vector<Part>& parts);

[[nodiscard]] json to_json(const type& t) {
  json out = {{"name", t.name}, {"encoding", detail::to_text(t.how)}, {"size_bytes", t.size}};
  if (t.how == encoding::structure) out["members"] = list(t.members);
  if (t.how == encoding::enumeration) {
    out["signed"] = t.is_signed;
    out["enumerators"] = list(t.enumerators);
  }
  if (t.how == encoding::array) {
    out["element"] = t.element;
    out["extents"] = t.extents;
  }
  return out;
}

[[nodiscard]] json to_json(const std::optional<location>& where) {
  if (!where) return nullptr;
  return {{"segment", where->segment}, {"offset_bytes", where->offset}};
}

[[nodiscard]] json to_json(const symbol& s) {
  return {
      {"id", s.id},
      {"name", s.name},
      {"type", s.type},
      {"shape", s.shape},
      {"bytes", s.bytes},
      {"where", to_json(s.where)},
      {"checkpoint", s.checkpoint},
      {"runtime", s.runtime},
      {"source", {{"file", s.source.file}, {"line", s.source.line}}},
      {"note", s.note},
  };
}

[[nodiscard]] json to_json(const kernel& k) {
  return {
      {"id", k.id},
      {"name", k.name},
      {"grid", to_json(k.grid)},
      {"block", to_json(k.block)},
      {"actor_count", k.actor_count},
      {"synchrony", detail::to_text(k.sync)},
      {"instrumentation", detail::to_text(k.level)},
      {"actors", k.actors},
      {"launched", k.launched},
      {"launched_unix_ns", k.launched_unix_ns},
  };
}

[[nodiscard]] json to_json(const change& c) {
  return {{"unix_ns", c.unix_ns}, {"kernel", c.kernel},  {"step", c.step},   {"what", c.what},
          {"bytes", c.bytes},     {"before", c.before},  {"after", c.after}, {"pid", c.pid},
          {"user", c.user},       {"program", c.program}};
}

template <class Part>
[[nodiscard]] json list(const std::vector<Part>& parts) {
  json out = json::array();
  for (const Part& part : parts) out.push_back(to_json(part));
  return out;
}

}  // namespace

std::string to_json_text(const catalogue& c) {
  const json document = {
      {"schema", detail::catalogue_schema}, {"revision", c.revision},
      {"target", to_json(c.target)},        {"types", list(c.types.entries())},
      {"segments", list(c.segments)},       {"symbols", list(c.symbols)},
      {"kernels", list(c.kernels)},         {"changes", list(c.changes)},
  };
  // Names come from foreign debug information: bytes that are not UTF-8 become U+FFFD.
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace rk::model
