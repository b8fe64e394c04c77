#include "wave/wave.hpp"

#include <cmath>
#include <rk/device.cuh>

__device__ __checkpoint__ static unsigned long long step_counter;
__device__ __debuggable__ static double energy;

namespace {

/// Where a cell stands, and the fields around it.
struct cell_view {
  const float* p;
  std::uint32_t size;
  std::uint32_t x, y, z;
  std::uint64_t index;
};

__device__ cell_view view_cell(const float* p, std::uint32_t size, std::uint64_t index) {
  const auto i = static_cast<std::uint32_t>(index);
  return {p, size, i % size, i / size % size, i / (size * size), index};
}

/// Adds one neighbour's difference to the Laplacian; a face on the boundary adds to `faces` instead.
__device__ void add_neighbour(const cell_view& c, bool inside, std::int64_t offset, float& laplacian,
                              float& faces) {
  if (inside) {
    laplacian += c.p[static_cast<std::int64_t>(c.index) + offset] - c.p[c.index];
  } else {
    faces += 1.0F;
  }
}

__device__ float source_at(const wave::parameters& params, const cell_view& c) {
  float sum = 0;
  for (std::uint32_t i = 0; i < params.source_count; ++i) {
    const wave::source& s = params.sources[i];
    const float dx = static_cast<float>(c.x) - static_cast<float>(s.x);
    const float dy = static_cast<float>(c.y) - static_cast<float>(s.y);
    const float dz = static_cast<float>(c.z) - static_cast<float>(s.z);
    const float r2 = dx * dx + dy * dy + dz * dz;
    if (r2 > wave::source_radius * wave::source_radius) continue;
    sum += s.amplitude * expf(-r2 / (2 * wave::source_width * wave::source_width));
  }
  return sum;
}

/// Sign of the impulses of this step, 0 if there are none.
__device__ float impulse_sign(const wave::parameters& params, std::uint64_t step) {
  if (params.source_period == 0) return step == 0 ? 1.0F : 0.0F;
  if (step % params.source_period != 0) return 0.0F;
  return step / params.source_period % 2 == 0 ? 1.0F : -1.0F;
}

__device__ void update_velocity(const wave::parameters& params, const wave::fields& f, std::uint64_t index,
                                float sign) {
  const cell_view c = view_cell(f.pressure, params.size, index);
  const std::int64_t row = params.size;
  const std::int64_t plane = row * row;
  float laplacian = 0;
  float faces = 0;
  add_neighbour(c, c.x > 0, -1, laplacian, faces);
  add_neighbour(c, c.x + 1 < c.size, 1, laplacian, faces);
  add_neighbour(c, c.y > 0, -row, laplacian, faces);
  add_neighbour(c, c.y + 1 < c.size, row, laplacian, faces);
  add_neighbour(c, c.z > 0, -plane, laplacian, faces);
  add_neighbour(c, c.z + 1 < c.size, plane, laplacian, faces);
  const float loss = 0.5F * params.courant * faces;
  float v = (f.velocity[index] * (1 - loss) + params.courant * params.courant * laplacian) / (1 + loss);
  if (sign != 0) v += sign * source_at(params, c);
  f.velocity[index] = v;
}

/// Kinetic and potential energy of one cell; each bond is counted at its lower end.
__device__ double cell_energy(const wave::parameters& params, const wave::fields& f, std::uint64_t index) {
  const cell_view c = view_cell(f.pressure, params.size, index);
  const auto bond = [&](bool inside, std::int64_t offset) {
    const float d = inside ? c.p[static_cast<std::int64_t>(index) + offset] - c.p[index] : 0.0F;
    return static_cast<double>(d) * d;
  };
  const std::int64_t row = params.size;
  const double bonds = bond(c.x + 1 < c.size, 1) + bond(c.y + 1 < c.size, row) + bond(c.z + 1 < c.size, row * row);
  const double v = f.velocity[index];
  const double c2 = static_cast<double>(params.courant) * params.courant;
  return 0.5 * (v * v + c2 * bonds);
}

/// Sum over the block, in thread 0.
__device__ double block_sum(double value) {
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

/// The cells that the calling thread works on: every total-th one, from its own number on.
struct share {
  std::uint64_t first;
  std::uint64_t stride;
  std::uint64_t cells;
};

__device__ share own_share(std::uint32_t size) {
  const rk::index3 e = rk::block_extent();
  const rk::index3 g = rk::grid_extent();
  const std::uint64_t threads = std::uint64_t{e.x} * e.y * e.z;
  const std::uint64_t blocks = std::uint64_t{g.x} * g.y * g.z;
  return {rk::linear_block_index() * threads + rk::linear_thread_index(), blocks * threads,
          std::uint64_t{size} * size * size};
}

__device__ void sum_energy_of_block(const wave::parameters& params, const wave::fields& f, const share& own) {
  double sum = 0;
  for (std::uint64_t i = own.first; i < own.cells; i += own.stride) sum += cell_energy(params, f, i);
  sum = block_sum(sum);
  if (rk::linear_thread_index() == 0) f.energy_by_block[rk::linear_block_index()] = sum;
}

__device__ void sum_energy_of_grid(const wave::fields& f, std::uint32_t blocks) {
  double sum = 0;
  for (std::uint32_t b = 0; b < blocks; ++b) sum += f.energy_by_block[b];
  energy = sum;
}

__global__ void propagate(rk::device_view view, wave::parameters params, wave::fields f) {
  rk::actor self = rk::start(view);
  const share own = own_share(params.size);
  const bool first_thread = self.index == 0 && self.leader;
  std::uint64_t step = 0;

  while (rk::safe_point(self) && (params.steps == 0 || step < params.steps)) {
    const bool with_energy = step % wave::energy_period == 0;
    if (with_energy) sum_energy_of_block(params, f, own);
    if (with_energy && rk::grid_sync(self) != rk::status::ok) break;
    if (with_energy && first_thread) sum_energy_of_grid(f, view.actor_count);

    const float sign = impulse_sign(params, step);
    for (std::uint64_t i = own.first; i < own.cells; i += own.stride) update_velocity(params, f, i, sign);
    if (rk::grid_sync(self) != rk::status::ok) break;
    for (std::uint64_t i = own.first; i < own.cells; i += own.stride) f.pressure[i] += f.velocity[i];
    if (first_thread) step_counter = step + 1;
    ++step;
    if (rk::grid_sync(self) != rk::status::ok) break;
  }
  rk::finish(self);
}

}  // namespace

RK_DEFINE_KERNEL(wave::propagate, propagate);
