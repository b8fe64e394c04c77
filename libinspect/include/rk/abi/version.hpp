#pragma once

#include <cstdint>

namespace rk::abi {

/// Version of the records that device and host share. Readers refuse any other.
inline constexpr std::uint32_t version = 3;

/// First bytes of a control segment: "rkinspct", little-endian.
inline constexpr std::uint64_t magic = 0x7463'7073'6e69'6b72ULL;

/// Line on which one writer's words never disturb another's: an L2 line of current GPUs.
inline constexpr std::uint32_t line_bytes = 128;

}  // namespace rk::abi
