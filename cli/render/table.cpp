#include "render/table.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <rk/error.hpp>

#include "render/text.hpp"

namespace rk::render {
namespace {

constexpr int gap = 2;
constexpr int narrowest = 4;  ///< a text column keeps a beginning that can be told from others

int total(const std::vector<int>& widths) {
  const int gaps = widths.empty() ? 0 : gap * (static_cast<int>(widths.size()) - 1);
  return std::accumulate(widths.begin(), widths.end(), gaps);
}

std::vector<std::string> headers_of(const std::vector<column>& columns) {
  std::vector<std::string> headers;
  for (const column& c : columns) headers.push_back(c.header);
  return headers;
}

}  // namespace

table::table(std::vector<column> columns) : columns_(std::move(columns)) {
  for (column& c : columns_) c.header = printable(c.header);
}

table& table::add_row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size()) {
    throw invalid_argument("a table of " + std::to_string(columns_.size()) +
                           " columns was given a row of " + std::to_string(cells.size()) +
                           " cells; pass one cell a column");
  }
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
  return *this;
}

std::vector<int> table::fitted_widths(const terminal& where) const {
  std::vector<int> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    int width = display_width(columns_[c].header);
    for (const auto& row : rows_) width = std::max(width, display_width(row[c]));
    widths.push_back(width);
  }
  if (!where.is_tty) return widths;
  while (total(widths) > where.columns) {
    std::size_t widest = columns_.size();
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const bool text = columns_[c].aligned == alignment::left && widths[c] > narrowest;
      if (text && (widest == columns_.size() || widths[c] > widths[widest])) widest = c;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
  }
  return widths;
}

std::string table::line(const std::vector<std::string>& cells, const std::vector<int>& widths,
                        const terminal& where) const {
  std::string out;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const std::string cell = elide(cells[c], widths[c], where.utf8);
    const std::string padding = repeat(" ", widths[c] - display_width(cell));
    if (c > 0) out += repeat(" ", gap);
    out += columns_[c].aligned == alignment::right ? padding + cell : cell + padding;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return where.is_tty ? elide(out, where.columns, where.utf8) : out;
}

std::string table::render(const terminal& where) const {
  const std::vector<int> widths = fitted_widths(where);
  const std::string header = line(headers_of(columns_), widths, where);
  std::string out = where.colour ? "\x1b[1m" + header + "\x1b[0m\n" : header + "\n";
  for (const auto& row : rows_) out += line(row, widths, where) + "\n";
  return out;
}

}  // namespace rk::render
