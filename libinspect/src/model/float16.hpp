#pragma once

#include <cstdint>
#include <string>

namespace rk::model::detail {

/// IEEE 754 binary16, exactly.
[[nodiscard]] double from_half(std::uint16_t bits) noexcept;

/// bfloat16, exactly.
[[nodiscard]] double from_bfloat16(std::uint16_t bits) noexcept;

/// "1.5", "1e-08", "nan", "inf", "-inf": shortest text that reads back to the same double.
[[nodiscard]] std::string shortest_text(double value);
[[nodiscard]] std::string shortest_text(float value);

/// A text as short as rounding to few digits makes it that reads back, with rounding to nearest and
/// ties to even, to the same 16 bits. `decode` is one of the two functions above.
[[nodiscard]] std::string shortest_text(std::uint16_t bits,
                                        double (*decode)(std::uint16_t) noexcept);

}  // namespace rk::model::detail
