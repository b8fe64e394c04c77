#include <algorithm>

#include <rk/exporters/csv.hpp>
#include <rk/exporters/json.hpp>

#include "leaf_budget.hpp"

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

/// To the next element in row-major order.
void advance(std::vector<std::uint64_t>& index, const std::vector<std::uint64_t>& shape) {
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (++index[d] < shape[d]) return;
    index[d] = 0;
  }
}

/// One scalar column: its name, and where in an element it lies.
struct column {
  std::string name;
  std::uint64_t offset;
  model::type_id type;
};

/// The columns of a type: its scalars, in the order of its members.
class column_list {
 public:
  column_list(const type_table& types, model::type_id id) : types_(types), budget_(types[id].size) {
    add(id, "", 0);
  }
  [[nodiscard]] const std::vector<column>& columns() const noexcept { return columns_; }

 private:
  void add(model::type_id id, const std::string& name, std::uint64_t offset) {
    const model::type& t = types_[id];
    budget_.spend(t);
    if (t.how == encoding::structure) {
      for (const auto& m : t.members)
        add(m.type, name.empty() ? m.name : name + "." + m.name, offset + m.offset);
    } else if (t.how == encoding::array) {
      add_elements(t, name, offset);
    } else {
      columns_.push_back({name.empty() ? "value" : name, offset, id});
    }
  }

  /// "m[1,2]": an index as `read` takes it.
  void add_elements(const model::type& t, const std::string& name, std::uint64_t offset) {
    const std::uint64_t size = types_[t.element].size;
    std::vector<std::uint64_t> index(t.extents.size(), 0);
    for (std::uint64_t i = 0; size != 0 && i < t.size / size; ++i) {
      std::string place;
      for (const auto at : index) place += (place.empty() ? "[" : ",") + std::to_string(at);
      add(t.element, name + place + "]", offset + i * size);
      advance(index, t.extents);
    }
  }

  const type_table& types_;
  leaf_budget budget_;
  std::vector<column> columns_;
};

std::string index_name(std::size_t dimension, std::size_t rank) {
  constexpr const char* letters = "ijk";
  return rank <= 3 ? std::string(1, letters[dimension]) : "i" + std::to_string(dimension);
}

std::string cell(const type_table& types, model::type_id id, std::span<const std::byte> bytes) {
  // Whole, where the text for people is cut short.
  if (!model::is_scalar(types[id])) return hex_text(bytes);
  return quoted(model::format_value(types, id, bytes));
}

}  // namespace

std::string to_csv(const type_table& types, const model::array_value& value) {
  const column_list list(types, value.type);
  const std::vector<column>& columns = list.columns();
  const std::size_t rank = value.shape.size();
  std::string text;
  for (std::size_t d = 0; d < rank; ++d) text += index_name(d, rank) + ",";
  for (std::size_t c = 0; c < columns.size(); ++c)
    text += (c == 0 ? "" : ",") + quoted(columns[c].name);
  text += "\r\n";

  const std::uint64_t size = types[value.type].size;
  const std::uint64_t count = size == 0 ? 0 : value.bytes.size() / size;
  std::vector<std::uint64_t> index(rank, 0);
  for (std::uint64_t e = 0; e < count; ++e) {
    for (const auto i : index) text += std::to_string(i) + ",";
    const auto element = std::span(value.bytes).subspan(e * size, size);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto bytes = element.subspan(columns[c].offset, types[columns[c].type].size);
      if (c != 0) text += ',';
      text += cell(types, columns[c].type, bytes);
    }
    text += "\r\n";
    advance(index, value.shape);
  }
  return text;
}

}  // namespace rk::exporters
