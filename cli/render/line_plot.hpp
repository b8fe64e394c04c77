#pragma once

#include <span>
#include <string>

#include "render/series.hpp"
#include "render/terminal.hpp"

namespace rk::render {

/// Draws values over their index as a line, as wide as the terminal at most (but no less than
/// 2 columns).
///
/// With UTF-8 a character is 2 x 4 braille dots, else a '*'. Every minimum and maximum stays
/// visible however long the data is. The value axis has round labels; the index axis shows '?'
/// where values are NaN and '!' where they are infinite, and the line has a gap there. Below comes
/// a legend: minimum, maximum and mean of the finite values, their count, and the counts of NaN and
/// infinite.
[[nodiscard]] std::string line_plot(std::span<const double> values, const terminal& where,
                                    const line_plot_options& options = {});

}  // namespace rk::render
