#pragma once

#include <cstdint>

#include <rk/abi/barrier.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/host/portable_kernel.hpp>

/// Kernels of whose events something is known.
namespace probe {

/// Value of the note with this number; its object is the number's lower half.
RK_HOST_DEVICE constexpr std::uint64_t noted_value(std::uint64_t number) {
  return number * 1'000'003;
}

/// In each of `rounds` steps every actor sends to the next of a ring and takes from the one before,
/// passes each kind of barrier and makes a note.
inline constinit rk::portable_kernel<std::uint64_t, rk::mailbox_set<std::uint64_t>, rk::barrier_set,
                                     rk::neighbor_set>
    busy_day{"busy_day"};
/// Makes notes until it is asked to stop, this many between two safe points.
inline constexpr std::uint64_t notes_a_step = 4096;
inline constinit rk::portable_kernel<> scribble{"scribble"};

}  // namespace probe
