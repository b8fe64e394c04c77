#pragma once

#include "wave/scheme.cuh"

/// The step with a brick of cells for each block, which tells its neighbours what lies at its
/// faces.
namespace wave {

/// The cells of one block, and where its neighbours are in its mailbox.
class brick {
 public:
  __device__ explicit brick(std::uint32_t size) : size_(size) {
    const rk::index3 b = rk::block_index();
    const rk::index3 g = rk::grid_extent();
    low_ = {first_cell(b.x, g.x), first_cell(b.y, g.y), first_cell(b.z, g.z)};
    const rk::index3 high{first_cell(b.x + 1, g.x), first_cell(b.y + 1, g.y),
                          first_cell(b.z + 1, g.z)};
    extent_ = {high.x - low_.x, high.y - low_.y, high.z - low_.z};
  }

  /// The calling thread's cells. Coordinates are carried along: dividing for each cell would take
  /// longer than updating it.
  template <class Visit>
  __device__ void for_each(Visit visit) const {
    const rk::index3 e = rk::block_extent();
    const rk::index3 stride = split(e.x * e.y * e.z);
    for (rk::index3 at = split(rk::linear_thread_index()); at.z < extent_.z;) {
      visit(cell_at(at.x, at.y, at.z));
      at = {at.x + stride.x, at.y + stride.y, at.z + stride.z};
      if (at.x >= extent_.x) at = {at.x - extent_.x, at.y + 1, at.z};
      if (at.y >= extent_.y) at = {at.x, at.y - extent_.y, at.z + 1};
    }
  }
  /// Cells at the face in a direction, each with its number there.
  template <class Visit>
  __device__ void for_each_at(std::uint32_t direction, Visit visit) const {
    const rk::index3 e = rk::block_extent();
    const std::uint32_t width = direction < 2 ? extent_.y : extent_.x;
    const std::uint32_t height = direction < 4 ? extent_.z : extent_.y;
    for (std::uint32_t i = rk::linear_thread_index(); i < width * height; i += e.x * e.y * e.z) {
      const std::uint32_t u = i % width;
      const std::uint32_t v = i / width;
      if (direction < 2) {
        visit(cell_at(direction == 0 ? 0 : extent_.x - 1, u, v), i);
      } else if (direction < 4) {
        visit(cell_at(u, direction == 2 ? 0 : extent_.y - 1, v), i);
      } else {
        visit(cell_at(u, v, direction == 4 ? 0 : extent_.z - 1), i);
      }
    }
  }
  /// Whether a cell's neighbour in a direction belongs to another brick.
  [[nodiscard]] __device__ bool is_at_face(const cell& c, std::uint32_t direction) const {
    switch (direction) {
      case 0:
        return c.x == low_.x;
      case 1:
        return c.x == low_.x + extent_.x - 1;
      case 2:
        return c.y == low_.y;
      case 3:
        return c.y == low_.y + extent_.y - 1;
      case 4:
        return c.z == low_.z;
      default:
        return c.z == low_.z + extent_.z - 1;
    }
  }
  /// A cell's number at the face in a direction.
  [[nodiscard]] __device__ std::uint32_t number_at(const cell& c, std::uint32_t direction) const {
    const std::uint32_t x = c.x - low_.x;
    const std::uint32_t y = c.y - low_.y;
    const std::uint32_t z = c.z - low_.z;
    if (direction < 2) return z * extent_.y + y;
    return direction < 4 ? z * extent_.x + x : y * extent_.x + x;
  }
  /// Whether there is a brick in a direction.
  [[nodiscard]] __device__ static bool has_neighbour(std::uint32_t direction) {
    const rk::index3 b = rk::block_index();
    const rk::index3 g = rk::grid_extent();
    const std::uint32_t at = direction < 2 ? b.x : direction < 4 ? b.y : b.z;
    const std::uint32_t count = direction < 2 ? g.x : direction < 4 ? g.y : g.z;
    return direction % 2 == 0 ? at > 0 : at + 1 < count;
  }

 private:
  [[nodiscard]] __device__ std::uint32_t first_cell(std::uint32_t block,
                                                    std::uint32_t blocks) const {
    return static_cast<std::uint32_t>(std::uint64_t{block} * size_ / blocks);
  }
  /// Place of a cell by its number in the brick.
  [[nodiscard]] __device__ rk::index3 split(std::uint32_t number) const {
    const std::uint32_t row = number / extent_.x;
    return {number % extent_.x, row % extent_.y, row / extent_.y};
  }
  [[nodiscard]] __device__ cell cell_at(std::uint32_t x, std::uint32_t y, std::uint32_t z) const {
    const cell c{low_.x + x, low_.y + y, low_.z + z, 0};
    return {c.x, c.y, c.z, (std::int64_t{c.z} * size_ + c.y) * size_ + c.x};
  }

  std::uint32_t size_;
  rk::index3 low_;
  rk::index3 extent_;
};

/// What the neighbours' faces are, for the time of one step.
struct ghosts {
  const float* at[directions];

  __device__ ghosts(const rk::mailbox<face>& box) {
    std::uint32_t i = 0;
    RK_UNROLL
    for (std::uint32_t d = 0; d < directions; ++d) {
      at[d] = brick::has_neighbour(d) ? box.incoming(i++).cells : nullptr;
    }
  }
};

/// Pressure of a cell's neighbour, of the own brick or of another.
__device__ inline auto neighbour_of(const parameters& params, const fields& f, const brick& own,
                                    const ghosts& g, const cell& c) {
  return [&](std::uint32_t d) {
    if (own.is_at_face(c, d)) return g.at[d][own.number_at(c, d)];
    return f.pressure[c.index + offset_of(d, params.size)];
  };
}

/// Sends what lies at the brick's faces. All threads have written the pressures.
__device__ inline rk::status send_faces(rk::mailbox<face>& box, const fields& f, const brick& own,
                                        std::uint64_t limit_ns) {
  const rk::status room = box.begin_send_all(limit_ns);
  if (room != rk::status::ok) return room;
  std::uint32_t i = 0;
  RK_UNROLL
  for (std::uint32_t d = 0; d < directions; ++d) {
    if (!brick::has_neighbour(d)) continue;
    float* to = box.outgoing(i++).cells;
    own.for_each_at(d, [&](const cell& c, std::uint32_t n) { to[n] = f.pressure[c.index]; });
  }
  box.end_send_all();
  return rk::status::ok;
}

__device__ inline double energy_of_brick(const parameters& params, const fields& f,
                                         const brick& own, const ghosts& g) {
  double sum = 0;
  own.for_each(
      [&](const cell& c) { sum += cell_energy(params, f, c, neighbour_of(params, f, own, g, c)); });
  return block_sum(sum);
}

}  // namespace wave
