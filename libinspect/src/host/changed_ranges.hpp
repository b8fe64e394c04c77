#pragma once

#include <vector>

#include <rk/protocol/message.hpp>

namespace rk::host {

/// Joins ranges, which rise by symbol and offset, to at most `most`: neighbours first, then those
/// with the smallest gaps, which are then said to have changed too.
[[nodiscard]] std::vector<protocol::changed_range> joined(
    std::vector<protocol::changed_range> ranges, std::size_t most);

}  // namespace rk::host
