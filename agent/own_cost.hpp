#pragma once

#include <cstdint>

namespace rk::agent {

/// What this process costs.
struct process_cost {
  double cpu_seconds = 0;  ///< user and system, all threads
  std::uint64_t resident_bytes = 0;
};
[[nodiscard]] process_cost own_cost();

}  // namespace rk::agent
