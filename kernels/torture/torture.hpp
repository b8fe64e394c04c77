#pragma once

#include <cstdint>

#include <rk/abi/publication.hpp>
#include <rk/host/portable_kernel.hpp>

/// Rewrites one large array for ever, so that a picture of it shows at once whether it is of one
/// moment: at every safe point each element equals `step_counter`.
namespace torture {

struct parameters {
  std::uint64_t* pattern = nullptr;  ///< [count]
  std::uint64_t count = 0;
  rk::abi::publication* writes = nullptr;  ///< brackets around the writes of `pattern`
  std::uint64_t steps = 0;                 ///< 0: until asked to stop
  std::uint64_t pause_ns = 0;              ///< after each step
  std::uint64_t fault_at = 0;              ///< step in which the kernel faults; 0: none
  std::uint64_t* nowhere = nullptr;        ///< what it then writes to
};

inline constinit rk::portable_kernel<parameters> rewrite{"torture"};

}  // namespace torture
