#pragma once

#include <cstdint>

#include <rk/abi/coherent.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/host/portable_kernel.hpp>

namespace probe {

inline constexpr std::uint32_t coherent_words = 1000;
struct sheet {
  std::uint64_t words[coherent_words];
};
/// A sheet's words by the number that is written on it.
[[nodiscard]] RK_HOST_DEVICE constexpr std::uint64_t word_on(std::uint64_t number,
                                                             std::uint64_t at) {
  return number * 1'000'003 + at;
}

struct coherent_run {
  std::uint64_t* wrong;  ///< [1] sheets that were not of one number, or older than one before
  std::uint64_t* last;   ///< [1] number of the newest one
};

/// Fetches `in` until it was told to stop, and hands back a sheet of each number by `out`. With
/// `is_faulty` it looks at the host's memory itself instead.
inline constinit rk::portable_kernel<coherent_run, rk::coherent_region<sheet>,
                                     rk::coherent_region<sheet>, bool>
    copy_sheets{"copy_sheets"};

}  // namespace probe
