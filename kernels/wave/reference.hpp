#pragma once

#include <cstdint>
#include <vector>

#include "wave/wave.hpp"

namespace wave {

/// The same scheme, serial and in double precision: pressure after `steps` steps, z outermost.
[[nodiscard]] std::vector<double> reference_pressure(const parameters& params, std::uint64_t steps);

}  // namespace wave
