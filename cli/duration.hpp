#pragma once

#include <chrono>
#include <string>

namespace rk::cli {

/// A length of time as a user writes it: "100ms", "2.5s", "3m", "1h", "50us"; a bare number is
/// seconds. Throws `rk::invalid_argument` for anything else, and for what is not above zero.
[[nodiscard]] std::chrono::nanoseconds parse_duration(const std::string& text);

}  // namespace rk::cli
