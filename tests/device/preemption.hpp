#pragma once

#include <cstdint>

#include <rk/host/portable_kernel.hpp>

/// Kernels that leave the device and come back.
namespace probe {

inline constexpr std::uint32_t tile_size = 64;

/// What `counting` keeps in symbols.
struct counting_state {
  std::uint64_t* step;   ///< steps done
  std::uint64_t* tiles;  ///< [actors, tile_size], where tiles of shared memory are saved
  std::uint64_t* kinds;  ///< [2], announcements of checkpoints that proceed, and that leave
  std::uint64_t* hold;   ///< while this is not zero, actor 1 stays in its step
};
/// Adds one to each element of a tile in shared memory, and to `step`, with a grid barrier. Half of
/// a step ends at a preemption point.
inline constinit rk::portable_kernel<counting_state> counting{"counting"};

/// Actor 0 works; the others wait for `word` to become 1, for as long as they are let. Counts the
/// waits that gave way.
inline constinit rk::portable_kernel<std::uint64_t*, std::uint64_t*> waiting{"waiting"};

/// Each actor steps on its own until its `goals[actor]`, then finishes; `hold` as above.
inline constinit rk::portable_kernel<std::uint64_t*, std::uint64_t*, std::uint64_t*> loners{
    "loners"};

}  // namespace probe
