#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rk::model {

/// Up to `most` of `names` that a user may have meant by `wanted`, best first: those that contain
/// it, then those within a third of its length in edits (Damerau–Levenshtein, optimal string
/// alignment).
[[nodiscard]] std::vector<std::string> nearest(std::string_view wanted,
                                               const std::vector<std::string>& names,
                                               std::size_t most = 3);

/// " Did you mean 'a' or 'b'?", or an empty text.
[[nodiscard]] std::string did_you_mean(std::string_view wanted,
                                       const std::vector<std::string>& names);

}  // namespace rk::model
