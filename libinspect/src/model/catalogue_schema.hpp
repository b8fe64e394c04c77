#pragma once

#include <string_view>

#include <rk/model/catalogue.hpp>

namespace rk::model::detail {

inline constexpr std::string_view catalogue_schema = "rk-inspect/catalogue/1";

/// Throws `rk::incompatible` naming the field if `c` exceeds a limit or contradicts itself. Expects
/// the counts of its lists to be within their limits.
void check(const catalogue& c);

}  // namespace rk::model::detail
