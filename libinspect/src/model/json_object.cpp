#include "model/json_object.hpp"

#include <utility>

#include <rk/error.hpp>

#include "model/text.hpp"

namespace rk::model::detail {

json_object::json_object(const json& value, std::string path)
    : value_(&value), path_(std::move(path)) {
  if (!value.is_object()) throw incompatible(path_ + " is not a JSON object");
}

void json_object::fail(const char* key, std::string_view why) const {
  throw incompatible(path_ + "." + key + " " + std::string(why));
}

const json_object::json& json_object::field(const char* key) const {
  const auto found = value_->find(key);
  if (found == value_->end()) fail(key, "is missing");
  return *found;
}

const json_object::json& json_object::list(const char* key, std::size_t most) const {
  const json& value = field(key);
  if (!value.is_array()) fail(key, "is not a list");
  if (value.size() > most) fail(key, "has more than " + std::to_string(most) + " entries");
  return value;
}

std::uint64_t json_object::u64(const char* key, std::uint64_t most) const {
  const json& value = field(key);
  if (!value.is_number_unsigned()) fail(key, "is not a whole number from 0 on");
  const auto number = value.get<std::uint64_t>();
  if (number > most) fail(key, "is larger than " + std::to_string(most));
  return number;
}

std::uint32_t json_object::u32(const char* key) const {
  return static_cast<std::uint32_t>(u64(key, std::numeric_limits<std::uint32_t>::max()));
}

std::int64_t json_object::i64(const char* key) const {
  const json& value = field(key);
  if (!value.is_number_integer()) fail(key, "is not a whole number");
  if (value.is_number_unsigned()) {
    return static_cast<std::int64_t>(u64(key, std::numeric_limits<std::int64_t>::max()));
  }
  return value.get<std::int64_t>();
}

std::int32_t json_object::i32(const char* key) const {
  const std::int64_t number = i64(key);
  if (!std::in_range<std::int32_t>(number)) fail(key, "does not fit in 32 bits");
  return static_cast<std::int32_t>(number);
}

bool json_object::boolean(const char* key) const {
  const json& value = field(key);
  if (!value.is_boolean()) fail(key, "is neither true nor false");
  return value.get<bool>();
}

std::string json_object::text(const char* key, std::size_t most_bytes) const {
  const json& value = field(key);
  if (!value.is_string()) fail(key, "is not a text");
  const auto& content = value.get_ref<const std::string&>();
  if (content.size() > most_bytes) {
    fail(key, "is longer than " + std::to_string(most_bytes) + " bytes");
  }
  if (!is_printable(content)) fail(key, "has control characters");
  return content;
}

json_object json_object::object(const char* key) const {
  return {field(key), path_ + "." + key};
}

std::optional<json_object> json_object::object_or_null(const char* key) const {
  if (field(key).is_null()) return std::nullopt;
  return object(key);
}

std::vector<json_object> json_object::objects(const char* key, std::size_t most) const {
  std::vector<json_object> out;
  for (const json& entry : list(key, most)) {
    out.emplace_back(entry, path_ + "." + key + "[" + std::to_string(out.size()) + "]");
  }
  return out;
}

std::vector<std::uint64_t> json_object::numbers(const char* key, std::size_t most) const {
  std::vector<std::uint64_t> out;
  for (const json& entry : list(key, most)) {
    if (!entry.is_number_unsigned()) fail(key, "has an entry that is not a whole number from 0 on");
    out.push_back(entry.get<std::uint64_t>());
  }
  return out;
}

}  // namespace rk::model::detail
