#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/host/portable_kernel.hpp>

/// Laplace's equation on a square by Jacobi's method, until the device finds it good enough.
///
/// The rim holds x² - y², which solves the difference equations too, so the error can be told.
namespace converge {

struct parameters {
  std::uint32_t size = 0;    ///< points along each edge, the rim included
  float tolerance = 0;       ///< largest change of a sweep at which it ends
  std::uint64_t sweeps = 0;  ///< at most; 0: no limit
};

/// Arrays on the device.
struct fields {
  float* even = nullptr;             ///< [size][size], what an even number of sweeps made
  float* odd = nullptr;              ///< the same after an odd number
  float* change_by_block = nullptr;  ///< [2][blocks], of this sweep and the one before
};

/// Values of the rim, from -1 to 1.
[[nodiscard]] RK_HOST_DEVICE constexpr float exact(std::uint32_t row, std::uint32_t column,
                                                   std::uint32_t size) {
  const float x = static_cast<float>(column) / static_cast<float>(size - 1);
  const float y = static_cast<float>(row) / static_cast<float>(size - 1);
  return x * x - y * y;
}

inline constinit rk::portable_kernel<parameters, fields> relax{"converge"};

}  // namespace converge
