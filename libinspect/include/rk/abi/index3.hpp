#pragma once

#include <cstdint>

namespace rk {

/// A place or an extent in up to three dimensions, x fastest.
struct index3 {
  std::uint32_t x = 0;
  std::uint32_t y = 0;
  std::uint32_t z = 0;
};

/// Shape of a grid or of a block; dimensions left out are 1.
struct extent3 {
  std::uint32_t x = 1;
  std::uint32_t y = 1;
  std::uint32_t z = 1;

  [[nodiscard]] constexpr std::uint64_t count() const noexcept { return std::uint64_t{x} * y * z; }
};

}  // namespace rk
