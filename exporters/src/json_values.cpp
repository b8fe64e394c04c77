#include <cmath>
#include <rk/error.hpp>
#include <rk/exporters/json.hpp>

namespace rk::exporters {
namespace {

using model::encoding;
using model::type;
using model::type_table;

json number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

json scalar_to_json(const type& t, std::span<const std::byte> bytes) {
  const model::scalar s = model::decode_scalar(t, bytes);
  // A float as JSON writes it: the digits that read back to the same float, not those of a double.
  if (std::holds_alternative<double>(s) && std::isfinite(std::get<double>(s))) {
    return json::parse(model::format_scalar(t, bytes), nullptr, false);
  }
  return std::visit(
      [](const auto& v) -> json {
        using V = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<V, double>) return number(v);
        return v;
      },
      s);
}

json bytes_to_json(std::span<const std::byte> bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string hex;
  for (const std::byte b : bytes) {
    hex += digits[static_cast<unsigned>(b) >> 4];
    hex += digits[static_cast<unsigned>(b) & 15];
  }
  return "0x" + hex;
}

/// Lists within lists, the innermost holding elements.
json nested(const type_table& types, model::type_id element, std::span<const std::uint64_t> shape,
            std::span<const std::byte> bytes) {
  if (shape.empty()) return element_to_json(types, element, bytes);
  json list = json::array();
  const std::size_t part = shape[0] == 0 ? 0 : bytes.size() / shape[0];
  for (std::uint64_t i = 0; i < shape[0]; ++i) {
    list.push_back(nested(types, element, shape.subspan(1), bytes.subspan(i * part, part)));
  }
  return list;
}

}  // namespace

json element_to_json(const type_table& types, model::type_id id, std::span<const std::byte> bytes) {
  const type& t = types[id];
  if (bytes.size() < t.size) throw incompatible("value of type " + t.name + " is cut short");
  const auto own = bytes.first(t.size);
  if (model::is_scalar(t)) return scalar_to_json(t, own);
  if (t.how == encoding::array) return nested(types, t.element, t.extents, own);
  if (t.how != encoding::structure) return bytes_to_json(own);
  json object = json::object();
  for (const auto& m : t.members) {
    object[m.name] = element_to_json(types, m.type, own.subspan(m.offset, types[m.type].size));
  }
  return object;
}

json array_to_json(const type_table& types, const model::array_value& value) {
  return nested(types, value.type, value.shape, value.bytes);
}

std::string to_text(const json& j, int indent) {
  return j.dump(indent, ' ', false, json::error_handler_t::replace);
}

}  // namespace rk::exporters
