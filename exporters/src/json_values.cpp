#include <cmath>

#include <rk/error.hpp>
#include <rk/exporters/json.hpp>

#include "leaf_budget.hpp"

namespace rk::exporters {
namespace {

using model::encoding;
using model::type;
using model::type_table;

json scalar_to_json(const type& t, std::span<const std::byte> bytes) {
  const model::scalar s = model::decode_scalar(t, bytes);
  if (const auto* floating = std::get_if<double>(&s)) {
    const bool is_minus_zero = *floating == 0 && std::signbit(*floating);
    if (!std::isfinite(*floating) || is_minus_zero) return number_to_json(*floating);
    // The digits that read back to the same float, not those of a double.
    return json::parse(model::format_scalar(t, bytes), nullptr, false);
  }
  return std::visit([](const auto& v) -> json { return v; }, s);
}

/// Walks an element after its type, within a budget.
class element_writer {
 public:
  element_writer(const type_table& types, std::uint64_t bytes) : types_(types), budget_(bytes) {}

  [[nodiscard]] json element(model::type_id id, std::span<const std::byte> bytes) {
    const type& t = types_[id];
    if (bytes.size() < t.size) throw incompatible("value of type " + t.name + " is cut short");
    budget_.spend(t);
    const auto own = bytes.first(t.size);
    if (model::is_scalar(t)) return scalar_to_json(t, own);
    if (t.how == encoding::array) return nested(t.element, t.extents, own);
    if (t.how != encoding::structure) return hex_text(own);
    json object = json::object();
    for (const auto& m : t.members) {
      object[m.name] = element(m.type, own.subspan(m.offset, types_[m.type].size));
    }
    return object;
  }

  /// Lists within lists, the innermost holding elements.
  [[nodiscard]] json nested(model::type_id of, std::span<const std::uint64_t> shape,
                            std::span<const std::byte> bytes) {
    if (shape.empty()) return element(of, bytes);
    budget_.spend(types_[of]);
    json list = json::array();
    const std::size_t part = shape[0] == 0 ? 0 : bytes.size() / shape[0];
    for (std::uint64_t i = 0; i < shape[0]; ++i) {
      list.push_back(nested(of, shape.subspan(1), bytes.subspan(i * part, part)));
    }
    return list;
  }

 private:
  const type_table& types_;
  leaf_budget budget_;
};

}  // namespace

json number_to_json(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

std::string hex_text(std::span<const std::byte> bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string hex = "0x";
  for (const std::byte b : bytes) {
    hex += digits[static_cast<unsigned>(b) >> 4];
    hex += digits[static_cast<unsigned>(b) & 15];
  }
  return hex;
}

json element_to_json(const type_table& types, model::type_id id, std::span<const std::byte> bytes) {
  return element_writer(types, bytes.size()).element(id, bytes);
}

json array_to_json(const type_table& types, const model::array_value& value) {
  return element_writer(types, value.bytes.size()).nested(value.type, value.shape, value.bytes);
}

std::string to_text(const json& j, int indent) {
  return j.dump(indent, ' ', false, json::error_handler_t::replace);
}

}  // namespace rk::exporters
