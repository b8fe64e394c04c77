#pragma once

#include <string>

#include <rk/model/value.hpp>

namespace rk::exporters {

/// Comma-separated values (RFC 4180): one line an element, its indices first ("i,j,k"), then its
/// value or, for a structure, one column a member ("p", "v[0]", "m[0,1]"), with a header line.
/// Throws `rk::incompatible` for a type that overlaps itself beyond all reason.
[[nodiscard]] std::string to_csv(const model::type_table& types, const model::array_value& value);

}  // namespace rk::exporters
