#include <cmath>

#include <rk/device.cuh>

#include "wave/wave.hpp"

__device__ __checkpoint__ static unsigned long long step_counter;
__device__ __debuggable__ static double energy;

namespace {

/// A cell: its place, and its number in the arrays.
struct cell {
  std::uint32_t x, y, z;
  std::int64_t index;
};

/// The cells of one thread: every total-th one, from its own number on. Coordinates are carried
/// along, since dividing for each cell would take longer than updating it.
class cell_walk {
 public:
  __device__ explicit cell_walk(std::uint32_t size) : size_(size) {
    const rk::index3 e = rk::block_extent();
    const rk::index3 g = rk::grid_extent();
    const std::uint32_t block_threads = e.x * e.y * e.z;
    const std::uint64_t first =
        std::uint64_t{rk::linear_block_index()} * block_threads + rk::linear_thread_index();
    first_ = split(first);
    stride_ = split(std::uint64_t{g.x} * g.y * g.z * block_threads);
  }

  template <class Visit>
  __device__ void for_each(Visit visit) const {
    for (cell c = first_; c.z < size_; advance(c)) visit(c);
  }

 private:
  __device__ cell split(std::uint64_t index) const {
    const std::uint64_t row = index / size_;
    return {static_cast<std::uint32_t>(index % size_), static_cast<std::uint32_t>(row % size_),
            static_cast<std::uint32_t>(row / size_), static_cast<std::int64_t>(index)};
  }
  __device__ void advance(cell& c) const {
    c.x += stride_.x;
    c.y += stride_.y;
    c.z += stride_.z;
    c.index += stride_.index;
    if (c.x >= size_) {
      c.x -= size_;
      ++c.y;
    }
    if (c.y >= size_) {
      c.y -= size_;
      ++c.z;
    }
  }

  std::uint32_t size_;
  cell first_;
  cell stride_;
};

__device__ float source_at(const wave::parameters& params, const cell& c) {
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

__device__ void update_velocity(const wave::parameters& params, const wave::fields& f,
                                const cell& c, float sign) {
  const float* p = f.pressure + c.index;
  const std::int64_t row = params.size;
  const std::uint32_t last = params.size - 1;
  const float here = *p;
  float laplacian = 0;
  float faces = 0;
  // A neighbour's difference adds to the Laplacian, a face on the boundary to `faces`.
  const auto add_neighbour = [&](bool inside, std::int64_t offset) {
    if (inside) {
      laplacian += p[offset] - here;
    } else {
      faces += 1.0F;
    }
  };
  add_neighbour(c.x > 0, -1);
  add_neighbour(c.x < last, 1);
  add_neighbour(c.y > 0, -row);
  add_neighbour(c.y < last, row);
  add_neighbour(c.z > 0, -row * row);
  add_neighbour(c.z < last, row * row);
  const float loss = 0.5F * params.courant * faces;
  float v = f.velocity[c.index] * (1 - loss) + params.courant * params.courant * laplacian;
  if (faces != 0) v /= 1 + loss;
  if (sign != 0) v += sign * source_at(params, c);
  f.velocity[c.index] = v;
}

/// Kinetic and potential energy of one cell; each bond is counted at its lower end.
__device__ double cell_energy(const wave::parameters& params, const wave::fields& f,
                              const cell& c) {
  const float* p = f.pressure + c.index;
  const std::int64_t row = params.size;
  const std::uint32_t last = params.size - 1;
  const auto bond = [&](bool inside, std::int64_t offset) {
    const double d = inside ? p[offset] - *p : 0.0F;
    return d * d;
  };
  const double bonds = bond(c.x < last, 1) + bond(c.y < last, row) + bond(c.z < last, row * row);
  const double v = f.velocity[c.index];
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

__device__ void sum_energy_of_block(const wave::parameters& params, const wave::fields& f,
                                    const cell_walk& own) {
  double sum = 0;
  own.for_each([&](const cell& c) { sum += cell_energy(params, f, c); });
  sum = block_sum(sum);
  if (rk::linear_thread_index() == 0) f.energy_by_block[rk::linear_block_index()] = sum;
}

__device__ void sum_energy_of_grid(const wave::fields& f, std::uint32_t blocks) {
  double sum = 0;
  for (std::uint32_t b = 0; b < blocks; ++b) sum += f.energy_by_block[b];
  energy = sum;
}

/// Called by one thread at the end of each step. What it remembers lies in memory: kept in
/// registers it would cost every thread some.
__device__ void time_step(wave::step_times& t) {
  const std::uint64_t now = rk::clock_ns();
  if (++t.steps > wave::warm_up_steps && now - t.last_ns > t.longest_ns) {
    t.longest_ns = now - t.last_ns;
  }
  t.last_ns = now;
}

// Without bounds the registers of what safe points rarely do (cuts) would be every thread's, and
// only half as many blocks would be resident.
__global__ __launch_bounds__(1024) void propagate(rk::device_view view, wave::parameters params,
                                                  wave::fields f) {
  rk::actor self = rk::start(view);
  const cell_walk own(params.size);
  const bool first_thread = self.index == 0 && self.leader;
  std::uint64_t step = step_counter;  // not zero if it was restored

  while (rk::safe_point(self) && (params.steps == 0 || step < params.steps)) {
    if (rk::state_replaced(self)) step = step_counter;
    const bool with_energy = step % wave::energy_period == 0;
    if (with_energy) sum_energy_of_block(params, f, own);
    if (with_energy && rk::grid_sync(self) != rk::status::ok) break;
    if (with_energy && first_thread) sum_energy_of_grid(f, view.actor_count);

    const float sign = impulse_sign(params, step);
    own.for_each([&](const cell& c) { update_velocity(params, f, c, sign); });
    if (rk::grid_sync(self) != rk::status::ok) break;
    own.for_each([&](const cell& c) { f.pressure[c.index] += f.velocity[c.index]; });
    if (first_thread) step_counter = step + 1;
    ++step;
    if (rk::grid_sync(self) != rk::status::ok) break;
    if (first_thread && f.times != nullptr) time_step(*f.times);
  }
  rk::finish(self);
}

}  // namespace

RK_DEFINE_KERNEL(wave::propagate, propagate);
