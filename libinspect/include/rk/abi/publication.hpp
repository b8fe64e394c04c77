#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/version.hpp>

namespace rk::abi {

/// Brackets around the writing of one symbol by `writers` actors, which make each write together.
///
/// Protocol: a writer adds one to `begun` and fences before its first store, and adds one to
/// `ended` (release) after its last; between two writes all writers meet at a barrier. A reader
/// copies `ended`, then the symbol, then `begun`. If both are equal, every share that had begun by
/// the end of the copy had ended before its start, so nothing was written meanwhile; if they are
/// also a multiple of `writers`, no share of a write was still to come.
struct publication {
  alignas(line_bytes) std::uint64_t begun;
  alignas(line_bytes) std::uint64_t ended;
  std::uint64_t ended_ns;  ///< device clock at an end, of whichever writer stored last
  std::uint64_t writers;   ///< constant; 0: not told yet
};

static_assert(sizeof(publication) == 2 * line_bytes && offsetof(publication, ended) == line_bytes);
static_assert(offsetof(publication, ended_ns) == line_bytes + 8);
static_assert(std::is_trivially_copyable_v<publication> && std::is_standard_layout_v<publication>);

}  // namespace rk::abi
