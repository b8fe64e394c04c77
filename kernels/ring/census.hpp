#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "ring/ring.hpp"

namespace ring {

/// Copies a symbol's bytes: from where it lies, or from a cut.
using reader = std::function<void(const std::string& symbol, void* to, std::size_t bytes)>;

/// Where the tokens are at one moment.
struct census {
  std::uint64_t held = 0;         ///< by actors
  std::uint64_t in_flight = 0;    ///< in mailboxes
  std::uint64_t yet_to_come = 0;  ///< not yet put in
  std::uint64_t hops = 0;
  std::string wrong;  ///< empty if each token is in exactly one place
};

/// Looks for every token in a ring of so many actors. `depth` is the mailboxes'.
[[nodiscard]] census count_tokens(const reader& read, const parameters& p, std::uint64_t actors,
                                  std::uint32_t depth);

}  // namespace ring
