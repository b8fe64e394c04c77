#include <algorithm>
#include <stdexcept>
#include <utility>

#include <rk/error.hpp>
#include <rk/model/type.hpp>

#include "model/enum_text.hpp"
#include "model/text.hpp"

namespace rk::model {
namespace {

void require_earlier(type_id part, std::size_t next) {
  if (static_cast<std::size_t>(part) >= next) {
    throw std::invalid_argument("rk::model::type_table: a type refers to entry " +
                                std::to_string(static_cast<std::size_t>(part)) +
                                ", which does not stand before it");
  }
}

void require_earlier_parts(const type& t, std::size_t next) {
  for (const member& m : t.members) require_earlier(m.type, next);
  if (t.how == encoding::array) require_earlier(t.element, next);
}

[[nodiscard]] std::string with_bits(std::string_view stem, const type& t) {
  return std::string(stem) + std::to_string(t.size * 8);
}

}  // namespace

std::string_view to_string(encoding e) noexcept {
  switch (e) {
    case encoding::boolean:
      return "boolean";
    case encoding::character:
      return "character";
    case encoding::signed_integer:
      return "signed_integer";
    case encoding::unsigned_integer:
      return "unsigned_integer";
    case encoding::floating:
      return "floating";
    case encoding::brain_floating:
      return "brain_floating";
    case encoding::pointer:
      return "pointer";
    case encoding::enumeration:
      return "enumeration";
    case encoding::structure:
      return "structure";
    case encoding::array:
      return "array";
    case encoding::opaque:
      return "opaque";
  }
  return "unknown";
}

encoding parse_encoding(std::string_view text) {
  if (const auto found = detail::from_text(detail::encodings, text)) return *found;
  throw incompatible("no encoding of a type is called " + detail::quoted(text));
}

type_id type_table::add(type t) {
  require_earlier_parts(t, types_.size());
  const auto place = std::lower_bound(
      sorted_.begin(), sorted_.end(), t,
      [this](type_id entry, const type& wanted) { return (*this)[entry] < wanted; });
  if (place != sorted_.end() && (*this)[*place] == t) return *place;
  const auto id = static_cast<type_id>(types_.size());
  types_.push_back(std::move(t));
  sorted_.insert(place, id);
  return id;
}

type_id type_table::add_scalar(std::string name, encoding how, std::uint64_t size) {
  type t;
  t.name = std::move(name);
  t.how = how;
  t.size = size;
  return add(std::move(t));
}

const type& type_table::operator[](type_id id) const {
  return types_.at(static_cast<std::size_t>(id));
}

std::string short_name(const type& t) {
  switch (t.how) {
    case encoding::boolean:
      return "bool";
    case encoding::character:
      return t.size == 1 ? "char" : with_bits("char", t);
    case encoding::signed_integer:
      return with_bits("i", t);
    case encoding::unsigned_integer:
      return with_bits("u", t);
    case encoding::floating:
      return with_bits("f", t);
    case encoding::brain_floating:
      return with_bits("bf", t);
    case encoding::pointer:
      return "ptr";
    case encoding::enumeration:
    case encoding::structure:
    case encoding::array:
    case encoding::opaque:
      return t.name;
  }
  return t.name;
}

bool is_scalar(const type& t) noexcept {
  switch (t.how) {
    case encoding::boolean:
    case encoding::character:
    case encoding::signed_integer:
    case encoding::unsigned_integer:
    case encoding::floating:
    case encoding::brain_floating:
    case encoding::pointer:
    case encoding::enumeration:
      return true;
    case encoding::structure:
    case encoding::array:
    case encoding::opaque:
      return false;
  }
  return false;
}

}  // namespace rk::model
