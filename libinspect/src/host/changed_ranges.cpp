#include "host/changed_ranges.hpp"

#include <rk/abi/kernel_control.hpp>

namespace rk::host {
namespace {

/// Joins ranges of one symbol that at most `gap` bytes lie between.
std::vector<protocol::changed_range> joined_over(std::uint64_t gap,
                                                 const std::vector<protocol::changed_range>& all) {
  std::vector<protocol::changed_range> found;
  for (const protocol::changed_range& r : all) {
    if (!found.empty() && found.back().symbol == r.symbol &&
        found.back().offset + found.back().bytes + gap >= r.offset) {
      found.back().bytes = r.offset + r.bytes - found.back().offset;
    } else {
      found.push_back(r);
    }
  }
  return found;
}

}  // namespace

std::vector<protocol::changed_range> joined(std::vector<protocol::changed_range> ranges,
                                            std::size_t most) {
  ranges = joined_over(0, ranges);
  // A symbol has one range at least, however wide the gaps: beyond its size there is none.
  for (std::uint64_t gap = abi::page_bytes; ranges.size() > most && gap != 0; gap *= 2) {
    ranges = joined_over(gap, ranges);
  }
  return ranges;
}

}  // namespace rk::host
