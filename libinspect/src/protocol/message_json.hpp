#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <rk/protocol/message.hpp>

#include "model/json_object.hpp"

/// What the texts of all messages have in common.
namespace rk::protocol::detail {

/// Reads a text that may be hostile: nothing deep, nothing thrown but `rk::incompatible`.
[[nodiscard]] nlohmann::json parse(std::string_view text);

/// Text of foreign origin may hold bytes that are no UTF-8: they are replaced, never thrown over.
[[nodiscard]] std::string dump(const nlohmann::json& j);

/// `text` as one printable line, which is what the other side accepts: control characters, C0, DEL
/// and C1, become spaces, and a text that is too long is cut.
[[nodiscard]] std::string one_line(std::string text);

/// Identities on the wire are numbers of 32 bits.
template <class Id>
Id to_id(const model::detail::json_object& o, const char* key, std::uint64_t number) {
  if (!std::in_range<std::uint32_t>(number)) o.fail(key, "has a number beyond 32 bits");
  return static_cast<Id>(number);
}

/// Ranges as one flat list of numbers: symbol, offset, bytes, and again.
[[nodiscard]] nlohmann::json to_json(const std::vector<read_range>& ranges);
[[nodiscard]] std::vector<read_range> parse_ranges(const model::detail::json_object& o);

}  // namespace rk::protocol::detail
