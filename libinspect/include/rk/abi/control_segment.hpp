#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/version.hpp>

namespace rk::abi {

/// Head of a session's control segment (host memory, a memfd). The catalogue's JSON text follows
/// it.
///
/// Protocol: the session is the only writer. It makes `catalogue_sequence` odd (an acquiring
/// exchange, so that nothing moves before it), rewrites text and length, and makes it even again
/// (release). A reader loads the sequence (acquire), copies, fences, and loads it again: equal and
/// even means that the copy is whole.
struct alignas(line_bytes) control_head {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t head_bytes;  ///< sizeof(control_head); text starts there
  std::uint64_t segment_bytes;
  std::uint64_t catalogue_sequence;
  std::uint64_t catalogue_bytes;
  std::uint64_t owner_pid;
  std::uint64_t ended;  ///< 1 once the session was closed with no actor at work (release)
};

static_assert(sizeof(control_head) == line_bytes);
static_assert(offsetof(control_head, catalogue_sequence) == 24 &&
              offsetof(control_head, ended) == 48);
static_assert(std::is_trivially_copyable_v<control_head> &&
              std::is_standard_layout_v<control_head>);

}  // namespace rk::abi
