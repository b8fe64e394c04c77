#pragma once

#include <cstdint>

#include <rk/abi/inbox.hpp>

namespace rk {

/// How a post office is made.
struct post_office_options {
  std::uint32_t letter_bytes = 64;  ///< largest letter, up to 4096
  std::uint32_t depth = 64;         ///< letters that an inbox holds; a power of two
};

}  // namespace rk
