#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/enum_text.hpp"

namespace rk::model::detail {

/// A view of a JSON object that trusts nothing: each read names the field it wants and throws
/// `rk::incompatible` with that name if the field is missing, of another type or out of range.
class json_object {
 public:
  using json = nlohmann::json;

  /// `path` names the object in messages: "catalogue", "catalogue.symbols[3]".
  json_object(const json& value, std::string path);

  [[nodiscard]] std::uint64_t u64(
      const char* key, std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const;
  [[nodiscard]] std::uint32_t u32(const char* key) const;
  [[nodiscard]] std::int64_t i64(const char* key) const;
  [[nodiscard]] std::int32_t i32(const char* key) const;
  [[nodiscard]] bool boolean(const char* key) const;
  /// Printable text of at most `most_bytes`.
  [[nodiscard]] std::string text(const char* key, std::size_t most_bytes) const;
  /// An index or identity of 32 bits.
  template <class Id>
  [[nodiscard]] Id id(const char* key) const {
    return static_cast<Id>(u32(key));
  }
  template <class Enum, std::size_t N>
  [[nodiscard]] Enum one_of(const char* key, const std::array<Enum, N>& all) const {
    if (const auto found = from_text(all, text(key, 64))) return *found;
    fail(key, "has a value that this version does not know");
  }

  [[nodiscard]] json_object object(const char* key) const;
  /// Empty if the field is null.
  [[nodiscard]] std::optional<json_object> object_or_null(const char* key) const;
  [[nodiscard]] std::vector<json_object> objects(const char* key, std::size_t most) const;
  [[nodiscard]] std::vector<std::uint64_t> numbers(const char* key, std::size_t most) const;

  [[noreturn]] void fail(const char* key, std::string_view why) const;

 private:
  [[nodiscard]] const json& field(const char* key) const;
  [[nodiscard]] const json& list(const char* key, std::size_t most) const;

  const json* value_;
  std::string path_;
};

}  // namespace rk::model::detail
