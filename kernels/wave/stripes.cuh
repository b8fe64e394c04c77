#pragma once

#include "wave/scheme.cuh"

/// The step with the cells dealt out to all threads in turns, and grid barriers in between.
///
/// Cells come in groups of four along x if the edge is a multiple of four, which are loaded and
/// stored at once: a step at 64³ is as long as a few trips to memory, one behind the other.
namespace wave {

inline constexpr std::uint32_t wide = 4;
struct alignas(16) quad {
  float of[wide];
};
__device__ inline quad& quad_at(float* field, std::int64_t index) {
  return *reinterpret_cast<quad*>(field + index);
}

/// The groups of one thread: every total-th one, from its own number on. Coordinates are carried
/// along, since dividing for each of them would take longer than updating it.
class cell_walk {
 public:
  __device__ explicit cell_walk(std::uint32_t size)
      : size_(size), is_wide_(size % wide == 0), groups_(is_wide_ ? size / wide : size) {
    const rk::index3 e = rk::block_extent();
    const rk::index3 g = rk::grid_extent();
    const std::uint32_t block_threads = e.x * e.y * e.z;
    first_ =
        split(std::uint64_t{rk::linear_block_index()} * block_threads + rk::linear_thread_index());
    stride_ = split(std::uint64_t{g.x} * g.y * g.z * block_threads);
  }

  [[nodiscard]] __device__ bool is_wide() const { return is_wide_; }
  [[nodiscard]] __device__ std::uint32_t width() const { return is_wide_ ? wide : 1; }

  /// Calls `visit` with the first cell of each group.
  template <class Visit>
  __device__ void for_each_group(Visit visit) const {
    for (place at = first_; at.z < size_; advance(at)) {
      const std::uint32_t x = at.group * width();
      visit(cell{x, at.y, at.z, (std::int64_t{at.z} * size_ + at.y) * size_ + x});
    }
  }
  /// Calls `visit` with each cell.
  template <class Visit>
  __device__ void for_each(Visit visit) const {
    for_each_group([&](cell c) {
      for (std::uint32_t i = 0; i < width(); ++i, ++c.x, ++c.index) visit(c);
    });
  }

 private:
  struct place {
    std::uint32_t group, y, z;
  };
  __device__ place split(std::uint64_t index) const {
    const std::uint64_t row = index / groups_;
    return {static_cast<std::uint32_t>(index % groups_), static_cast<std::uint32_t>(row % size_),
            static_cast<std::uint32_t>(row / size_)};
  }
  __device__ void advance(place& at) const {
    at.group += stride_.group;
    at.y += stride_.y;
    at.z += stride_.z;
    if (at.group >= groups_) {
      at.group -= groups_;
      ++at.y;
    }
    if (at.y >= size_) {
      at.y -= size_;
      ++at.z;
    }
  }

  std::uint32_t size_;
  bool is_wide_;
  std::uint32_t groups_;  ///< in a row
  place first_;
  place stride_;
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

/// Four cells at once, of which `c` is the first.
__device__ inline void update_velocities_at(const parameters& params, const fields& f,
                                            const cell& c, float sign) {
  const std::int64_t row = params.size;
  const std::int64_t layer = row * params.size;
  // All loads first: none waits for another.
  const quad here = quad_at(f.pressure, c.index);
  quad v = quad_at(f.velocity, c.index);
  const quad none{};
  const quad beside[4] = {
      c.y > 0 ? quad_at(f.pressure, c.index - row) : none,
      c.y < params.size - 1 ? quad_at(f.pressure, c.index + row) : none,
      c.z > 0 ? quad_at(f.pressure, c.index - layer) : none,
      c.z < params.size - 1 ? quad_at(f.pressure, c.index + layer) : none,
  };
  const float left = c.x > 0 ? f.pressure[c.index - 1] : 0.0F;
  const float right = c.x + wide < params.size ? f.pressure[c.index + wide] : 0.0F;
  RK_UNROLL
  for (std::uint32_t i = 0; i < wide; ++i) {
    const cell own{c.x + i, c.y, c.z, c.index + i};
    v.of[i] = new_velocity(params, own, sign, here.of[i], v.of[i], [&](std::uint32_t d) {
      if (d == 0) return i == 0 ? left : here.of[i - 1];
      if (d == 1) return i == wide - 1 ? right : here.of[i + 1];
      return beside[d - 2].of[i];
    });
  }
  quad_at(f.velocity, c.index) = v;
}

__device__ inline void update_velocities(const parameters& params, const fields& f,
                                         const cell_walk& own, float sign) {
  own.for_each_group([&](const cell& c) {
    if (own.is_wide()) {
      update_velocities_at(params, f, c, sign);
      return;
    }
    const float* p = f.pressure + c.index;
    update_velocity(params, f, c, sign,
                    [&](std::uint32_t d) { return p[offset_of(d, params.size)]; });
  });
}

__device__ inline void update_pressures(const fields& f, const cell_walk& own) {
  own.for_each_group([&](const cell& c) {
    if (!own.is_wide()) {
      f.pressure[c.index] += f.velocity[c.index];
      return;
    }
    quad p = quad_at(f.pressure, c.index);
    const quad v = quad_at(f.velocity, c.index);
    RK_UNROLL
    for (std::uint32_t i = 0; i < wide; ++i) p.of[i] += v.of[i];
    quad_at(f.pressure, c.index) = p;
  });
}

}  // namespace wave
