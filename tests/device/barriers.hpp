#pragma once

#include <cstdint>

#include <rk/abi/barrier.hpp>
#include <rk/host/portable_kernel.hpp>

/// Kernels that check what barriers promise, and leave them in every way.
namespace probe {

/// What can be wrong on purpose.
enum class barrier_fault : std::uint32_t {
  none,
  waits_not,  ///< an actor goes on in some rounds without waiting
};

struct barrier_history {
  std::uint64_t* cells;  ///< [actors], the round that each is in
  std::uint64_t* wrong;  ///< [actors], others seen in an earlier round behind a barrier
  std::uint64_t* done;   ///< [actors], rounds done
  std::uint64_t rounds;  ///< 0: until asked to stop
  barrier_fault fault = barrier_fault::none;
};

/// Members of a set meet at their barrier; others step without one.
inline constinit rk::portable_kernel<barrier_history, rk::barrier_set> meet_named{"meet_named"};
/// The same, with arrival and wait apart, and odd actors waiting every other time only.
inline constinit rk::portable_kernel<barrier_history, rk::barrier_set> meet_apart{"meet_apart"};
/// Tiles of 2 x 2 x 1 blocks.
inline constinit rk::portable_kernel<barrier_history, rk::barrier_set> meet_near{"meet_near"};
/// Neighbours meet: nobody is more than one round away from them.
inline constinit rk::portable_kernel<barrier_history, rk::neighbor_set> meet_neighbors{
    "meet_neighbors"};
/// Grid barriers until `rounds`; actor `leaver` leaves half way.
inline constinit rk::portable_kernel<barrier_history, std::uint32_t> leave_grid{"leave_grid"};

}  // namespace probe
