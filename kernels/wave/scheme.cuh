#pragma once

#include <cmath>

#include <rk/device.cuh>

#include "wave/wave.hpp"

/// The difference scheme, cell by cell, whoever owns the cells and however neighbours are reached.
namespace wave {

/// A cell: its place, and its number in the arrays.
struct cell {
  std::uint32_t x, y, z;
  std::int64_t index;
};

/// Directions, in the order in which neighbours are added up: -x, +x, -y, +y, -z, +z.
inline constexpr std::uint32_t directions = 6;

/// Whether a cell has a neighbour in a direction.
__device__ inline bool has_neighbour(const cell& c, std::uint32_t direction, std::uint32_t size) {
  const std::uint32_t at = direction < 2 ? c.x : direction < 4 ? c.y : c.z;
  return direction % 2 == 0 ? at > 0 : at < size - 1;
}

/// How far away in the arrays it is.
__device__ inline std::int64_t offset_of(std::uint32_t direction, std::int64_t size) {
  const std::int64_t distance = direction < 2 ? 1 : direction < 4 ? size : size * size;
  return direction % 2 == 0 ? -distance : distance;
}

__device__ inline float source_at(const parameters& params, const cell& c) {
  float sum = 0;
  for (std::uint32_t i = 0; i < params.source_count; ++i) {
    const source& s = params.sources[i];
    const float dx = static_cast<float>(c.x) - static_cast<float>(s.x);
    const float dy = static_cast<float>(c.y) - static_cast<float>(s.y);
    const float dz = static_cast<float>(c.z) - static_cast<float>(s.z);
    const float r2 = dx * dx + dy * dy + dz * dz;
    if (r2 > source_radius * source_radius) continue;
    sum += s.amplitude * expf(-r2 / (2 * source_width * source_width));
  }
  return sum;
}

/// Sign of the impulses of this step, 0 if there are none.
__device__ inline float impulse_sign(const parameters& params, std::uint64_t step) {
  if (params.source_period == 0) return step == 0 ? 1.0F : 0.0F;
  if (step % params.source_period != 0) return 0.0F;
  return step / params.source_period % 2 == 0 ? 1.0F : -1.0F;
}

/// A cell's new velocity. `here` is its pressure, `before` its velocity, `neighbour(direction)` the
/// pressure there.
template <class Neighbour>
[[nodiscard]] __device__ float new_velocity(const parameters& params, const cell& c, float sign,
                                            float here, float before, Neighbour neighbour) {
  float laplacian = 0;
  float faces = 0;
  // A neighbour's difference adds to the Laplacian, a face on the boundary to `faces`.
  RK_UNROLL
  for (std::uint32_t d = 0; d < directions; ++d) {
    if (has_neighbour(c, d, params.size)) {
      laplacian += neighbour(d) - here;
    } else {
      faces += 1.0F;
    }
  }
  const float loss = 0.5F * params.courant * faces;
  float v = before * (1 - loss) + params.courant * params.courant * laplacian;
  if (faces != 0) v /= 1 + loss;
  if (sign != 0) v += sign * source_at(params, c);
  return v;
}

template <class Neighbour>
__device__ void update_velocity(const parameters& params, const fields& f, const cell& c,
                                float sign, Neighbour neighbour) {
  f.velocity[c.index] =
      new_velocity(params, c, sign, f.pressure[c.index], f.velocity[c.index], neighbour);
}

/// Kinetic and potential energy of one cell; each bond is counted at its lower end.
template <class Neighbour>
__device__ double cell_energy(const parameters& params, const fields& f, const cell& c,
                              Neighbour neighbour) {
  const float here = f.pressure[c.index];
  double bonds = 0;
  RK_UNROLL
  for (std::uint32_t d = 1; d < directions; d += 2) {
    const double difference = has_neighbour(c, d, params.size) ? neighbour(d) - here : 0.0F;
    bonds += difference * difference;
  }
  const double v = f.velocity[c.index];
  const double c2 = static_cast<double>(params.courant) * params.courant;
  return 0.5 * (v * v + c2 * bonds);
}

/// Sum over the block, in thread 0.
__device__ inline double block_sum(double value) {
  __shared__ double by_warp[32];
  const double warp_total = rk::warp_sum(value);
  const std::uint32_t thread = rk::linear_thread_index();
  if (thread % 32 == 0) by_warp[thread / 32] = warp_total;
  rk::block_sync();
  double sum = 0;
  if (thread == 0) {
    const rk::index3 e = rk::block_extent();
    const std::uint32_t warps = (e.x * e.y * e.z + 31) / 32;
    for (std::uint32_t w = 0; w < warps; ++w) sum += by_warp[w];
  }
  rk::block_sync();
  return sum;
}

/// Called by one thread at the end of each step. What it remembers lies in memory: kept in
/// registers it would cost every thread some.
__device__ inline void time_step(step_times& t) {
  const std::uint64_t now = rk::clock_ns();
  if (++t.steps > warm_up_steps && now - t.last_ns > t.longest_ns) t.longest_ns = now - t.last_ns;
  t.last_ns = now;
}

}  // namespace wave
