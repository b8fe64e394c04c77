#include "host/shadow.hpp"

#include <algorithm>
#include <numeric>

#include <rk/error.hpp>

namespace rk::host {
namespace {

/// Every range starts on such a boundary, plus what its symbol's own address is off it.
constexpr std::uint64_t alignment = 256;

/// Copies go by this many bytes where both sides are aligned alike.
constexpr std::uint64_t widest_copy = 16;

constexpr std::uint64_t round_up(std::uint64_t value) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace

std::uint64_t shadow::room_for(std::uint64_t bytes) noexcept {
  return round_up(bytes) + alignment;
}

void shadow::reserve(std::uint64_t bytes) {
  if (bytes <= bytes_) return;
  const std::uint64_t missing = round_up(bytes - bytes_);
  extents_.push_back({symbols_.reserve(missing), missing});
  bytes_ += missing;
}

std::vector<placed_range> shadow::place(const std::vector<protocol::read_range>& ranges) const {
  std::vector<placed_range> placed;
  std::size_t current = 0;
  std::uint64_t used = 0;  // of that extent
  for (protocol::read_range r : ranges) {
    while (r.bytes != 0 && current < extents_.size()) {
      const auto* address = symbols_.address(r.symbol, r.offset, 0);
      const std::uint64_t start =
          round_up(used) + reinterpret_cast<std::uintptr_t>(address) % widest_copy;
      if (start >= extents_[current].bytes) {
        ++current;
        used = 0;
        continue;
      }
      const std::uint64_t part = std::min(r.bytes, extents_[current].bytes - start);
      placed.push_back({{r.symbol, r.offset, part}, extents_[current].address + start});
      used = start + part;
      r.offset += part;
      r.bytes -= part;
    }
    if (r.bytes == 0) continue;
    const std::uint64_t wanted = std::accumulate(
        ranges.begin(), ranges.end(), std::uint64_t{0},
        [](std::uint64_t sum, const auto& range) { return sum + room_for(range.bytes); });
    throw invalid_argument("the shadow has " + std::to_string(bytes_) + " bytes, this takes " +
                           std::to_string(wanted) +
                           ": give the session a larger one (shadow_bytes, --shadow-bytes), or "
                           "name fewer symbols");
  }
  return placed;
}

}  // namespace rk::host
