#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "render/canvas.hpp"
#include "render/heat_map.hpp"
#include "render/series.hpp"

namespace rk::render {

/// Writes the picture as PNG. It is written beside the target and then renamed, so that a reader
/// sees the old picture or the new one, never a part; a device or pipe is written in place.
/// @throws rk::error with the path and the reason.
void write_png(const std::filesystem::path& path, const canvas& image);

/// `draw_heat_map` into a file. @throws rk::error, rk::invalid_argument
void write_heat_map_png(const std::filesystem::path& path, std::span<const double> values,
                        std::size_t rows, std::size_t columns,
                        const heat_map_options& options = {});

/// `draw_line_plot` into a file. @throws rk::error, rk::invalid_argument
void write_line_plot_png(const std::filesystem::path& path, std::span<const double> values,
                         const line_plot_options& options = {});

}  // namespace rk::render
