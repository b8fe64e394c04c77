#pragma once

#include <string>
#include <vector>

#include "render/terminal.hpp"

namespace rk::render {

/// Where a column's cells stand. Right is for numbers, and a right-aligned column is never elided.
enum class alignment { left, right };

/// One column of a table.
struct column {
  std::string header;
  alignment aligned = alignment::left;
};

/// A column-aligned table. Cells may hold hostile text: all are shown through `printable`.
///
///     table list({{"NAME"}, {"BYTES", alignment::right}});
///     list.add_row({"pressure", bytes(1 << 20)});
///     std::cout << list.render(detect(STDOUT_FILENO));
class table {
 public:
  explicit table(std::vector<column> columns);

  /// Adds a row at the end. @throws rk::invalid_argument if there are not as many cells as columns.
  table& add_row(std::vector<std::string> cells);

  /// A line for the headers (bold in colour) and one a row, columns two spaces apart, no trailing
  /// spaces. On a terminal no line is wider than it: the widest left-aligned columns are elided
  /// first, and where even that is not enough, whole lines are. Elsewhere nothing is ever cut.
  [[nodiscard]] std::string render(const terminal& where) const;

 private:
  [[nodiscard]] std::vector<int> fitted_widths(const terminal& where) const;
  [[nodiscard]] std::string line(const std::vector<std::string>& cells,
                                 const std::vector<int>& widths, const terminal& where) const;

  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace rk::render
