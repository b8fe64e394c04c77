#include <functional>
#include <rk/exporters/csv.hpp>

namespace rk::exporters {
namespace {

using model::encoding;
using model::type_table;

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string q = "\"";
  for (const char c : text) {
    if (c == '"') q += '"';
    q += c;
  }
  return q + "\"";
}

/// One scalar column: its name, and where in an element it lies.
struct column {
  std::string name;
  std::uint64_t offset;
  model::type_id type;
};

void add_columns(const type_table& types, model::type_id id, const std::string& name, std::uint64_t offset,
                 std::vector<column>& into) {
  const model::type& t = types[id];
  if (t.how == encoding::structure) {
    for (const auto& m : t.members) {
      add_columns(types, m.type, name.empty() ? m.name : name + "." + m.name, offset + m.offset, into);
    }
  } else if (t.how == encoding::array) {
    const std::uint64_t size = types[t.element].size;
    for (std::uint64_t i = 0; size != 0 && i < t.size / size; ++i) {
      add_columns(types, t.element, name + "[" + std::to_string(i) + "]", offset + i * size, into);
    }
  } else {
    into.push_back({name.empty() ? "value" : name, offset, id});
  }
}

std::string index_name(std::size_t dimension, std::size_t rank) {
  constexpr const char* letters = "ijk";
  return rank <= 3 ? std::string(1, letters[dimension]) : "i" + std::to_string(dimension);
}

}  // namespace

std::string to_csv(const type_table& types, const model::array_value& value) {
  std::vector<column> columns;
  add_columns(types, value.type, "", 0, columns);
  const std::size_t rank = value.shape.size();
  std::string text;
  for (std::size_t d = 0; d < rank; ++d) text += index_name(d, rank) + ",";
  for (std::size_t c = 0; c < columns.size(); ++c) text += (c == 0 ? "" : ",") + quoted(columns[c].name);
  text += "\r\n";

  const std::uint64_t size = types[value.type].size;
  const std::uint64_t count = size == 0 ? 0 : value.bytes.size() / size;
  std::vector<std::uint64_t> index(rank, 0);
  for (std::uint64_t e = 0; e < count; ++e) {
    for (const auto i : index) text += std::to_string(i) + ",";
    const auto element = std::span(value.bytes).subspan(e * size, size);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto bytes = element.subspan(columns[c].offset, types[columns[c].type].size);
      text += (c == 0 ? "" : ",") + quoted(model::format_value(types, columns[c].type, bytes));
    }
    text += "\r\n";
    for (std::size_t d = rank; d-- > 0;) {
      if (++index[d] < value.shape[d]) break;
      index[d] = 0;
    }
  }
  return text;
}

}  // namespace rk::exporters
