#pragma once

#include <cstdint>

#include <rk/abi/barrier.hpp>
#include <rk/abi/command.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/host/portable_kernel.hpp>

/// The 3-D scalar wave equation by finite differences in time (FDTD), 7-point stencil, leapfrog.
///
/// Per step, with Courant number C (at most 1/sqrt(3)) and cells and steps of size 1:
///   v += C² (sum of the six neighbours of p − 6 p) − C k v,   then   p += v
/// where k counts the faces of the cell that lie on the boundary. A missing neighbour is what a
/// wave leaving through that face would have there: the first-order absorbing condition of Engquist
/// and Majda (Math. Comp. 31, 1977), taken half implicitly so that corners stay stable.
namespace wave {

inline constexpr int max_sources = 4;

/// Impulses of Gaussian shape added to v, in turn up and down: the mean pressure stays near zero.
struct source {
  std::uint32_t x = 0;
  std::uint32_t y = 0;
  std::uint32_t z = 0;
  float amplitude = 0;
};

struct parameters {
  std::uint32_t size = 0;  ///< cells along each edge
  float courant = 0.5F;
  std::uint64_t steps = 0;          ///< 0: until asked to stop
  std::uint64_t source_period = 0;  ///< steps between impulses; 0: one at step 0
  std::uint32_t source_count = 0;
  source sources[max_sources];
};

/// The first steps, which wait for memory and clocks to warm up, count for no longest step.
inline constexpr std::uint64_t warm_up_steps = 1000;

/// How long steps took, as one thread saw their ends.
struct step_times {
  std::uint64_t steps;
  std::uint64_t last_ns;
  std::uint64_t longest_ns;  ///< but for the first `warm_up_steps`
};

/// Arrays on the device.
struct fields {
  float* pressure = nullptr;               ///< [size][size][size], z outermost
  float* velocity = nullptr;               ///< p's change a step, same shape
  double* energy_by_block = nullptr;       ///< [blocks], with bricks [2][blocks]
  step_times* times = nullptr;             ///< null: not measured
  std::uint64_t* step_by_block = nullptr;  ///< [blocks], bricks only: steps that each has done
};

/// What a brick's neighbour must know of it: the pressure at one of its faces.
inline constexpr std::uint32_t longest_edge = 16;
struct face {
  float cells[longest_edge * longest_edge];
};

/// Steps between two updates of `energy`.
inline constexpr std::uint64_t energy_period = 32;

inline constexpr float source_radius = 6.0F;
inline constexpr float source_width = 2.0F;

/// Cells dealt out to threads; a grid barrier between the parts of a step.
inline constinit rk::portable_kernel<parameters, fields> propagate{"wave"};
/// The same, by command: each says how many steps, and is answered with their number so far.
inline constinit rk::portable_kernel<parameters, fields, rk::command_queue<std::uint64_t>>
    propagate_on_command{"wave_on_command"};
/// A brick of cells a block, of at most longest_edge along each edge; neighbours exchange faces,
/// and nobody waits for anybody else. The mailbox's topology is the grid.
inline constinit rk::portable_kernel<parameters, fields, rk::mailbox_set<face>, rk::barrier_set>
    propagate_in_bricks{"wave_in_bricks"};

}  // namespace wave
