#pragma once

#include "wave/scheme.cuh"

/// The step with the cells dealt out to all threads in turns, and grid barriers in between.
namespace wave {

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

__device__ inline double energy_of_stripes(const parameters& params, const fields& f,
                                           const cell_walk& own) {
  double sum = 0;
  own.for_each([&](const cell& c) {
    const float* p = f.pressure + c.index;
    sum += cell_energy(params, f, c, [&](std::uint32_t d) { return p[offset_of(d, params.size)]; });
  });
  return block_sum(sum);
}

__device__ inline void update_velocities(const parameters& params, const fields& f,
                                         const cell_walk& own, float sign) {
  own.for_each([&](const cell& c) {
    const float* p = f.pressure + c.index;
    update_velocity(params, f, c, sign,
                    [&](std::uint32_t d) { return p[offset_of(d, params.size)]; });
  });
}

__device__ inline void update_pressures(const fields& f, const cell_walk& own) {
  own.for_each([&](const cell& c) { f.pressure[c.index] += f.velocity[c.index]; });
}

}  // namespace wave
