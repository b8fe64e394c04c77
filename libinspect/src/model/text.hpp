#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rk::model::detail {

/// True if `text`, UTF-8, has no control characters (C0, DEL, C1): a terminal shows it and obeys
/// nothing.
[[nodiscard]] bool is_printable(std::string_view text) noexcept;

/// 'text' for an error message: control characters become '?', a long text is cut.
[[nodiscard]] std::string quoted(std::string_view text);

/// "[24,24,24]", "[]" for a scalar.
[[nodiscard]] std::string shape_text(const std::vector<std::uint64_t>& shape);

}  // namespace rk::model::detail
