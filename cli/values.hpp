#pragma once

#include <string>
#include <vector>

#include <rk/exporters/json.hpp>

#include "render/terminal.hpp"

namespace rk::cli {

/// Elements as numbers, for drawing. Throws `rk::invalid_argument` if they are none.
[[nodiscard]] std::vector<double> to_numbers(const model::catalogue& c,
                                             const exporters::reading& r);

/// A value for people: a scalar on one line; an array with its type and shape, whole if it is
/// small, its ends and statistics if it is not.
[[nodiscard]] std::string describe(const model::catalogue& c, const exporters::reading& r,
                                   const render::terminal& where);

/// On one short line: the value, or least, greatest and mean of an array.
[[nodiscard]] std::string summarise(const model::catalogue& c, const exporters::reading& r);

}  // namespace rk::cli
