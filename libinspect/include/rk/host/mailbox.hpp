#pragma once

#include <cstdint>

#include <rk/abi/mailbox.hpp>

namespace rk {

/// How mailboxes are made.
struct mailbox_options {
  std::uint32_t depth = 8;  ///< messages that each way to a neighbour holds; a power of two
};

}  // namespace rk
