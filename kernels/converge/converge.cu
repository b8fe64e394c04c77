#include <cfloat>
#include <cmath>

#include <rk/device.cuh>

#include "converge/converge.hpp"

__device__ __checkpoint__ static unsigned long long sweeps;
/// Largest change of the last sweep; the tolerance is compared with it.
__device__ __debuggable__ static float residual;
__device__ __debuggable__ static unsigned converged;

namespace {

using namespace converge;

/// Largest over the block, in all threads.
__device__ float block_max(float value) {
  __shared__ float by_warp[32];
  for (unsigned distance = 16; distance != 0; distance /= 2) {
    value = fmaxf(value, rk::warp_shuffle_down(value, distance));
  }
  const std::uint32_t thread = rk::linear_thread_index();
  rk::block_sync();
  if (thread % 32 == 0) by_warp[thread / 32] = value;
  rk::block_sync();
  const rk::index3 e = rk::block_extent();
  float largest = 0;
  for (std::uint32_t w = 0; w < (e.x * e.y * e.z + 31) / 32; ++w) {
    largest = fmaxf(largest, by_warp[w]);
  }
  return largest;
}

/// Both arrays' rims, which no sweep changes.
__device__ void set_rim(const parameters& p, const fields& f) {
  const rk::index3 e = rk::block_extent();
  if (rk::linear_block_index() != 0) return;
  for (std::uint32_t i = rk::linear_thread_index(); i < p.size; i += e.x * e.y * e.z) {
    for (const std::uint32_t rim : {0u, p.size - 1}) {
      const std::size_t in_row = std::size_t{rim} * p.size + i;
      const std::size_t in_column = std::size_t{i} * p.size + rim;
      f.even[in_row] = f.odd[in_row] = exact(rim, i, p.size);
      f.even[in_column] = f.odd[in_column] = exact(i, rim, p.size);
    }
  }
}

/// Updates the calling thread's points; returns their largest change.
__device__ float sweep(const parameters& p, const float* from, float* to) {
  const rk::index3 e = rk::block_extent();
  const rk::index3 g = rk::grid_extent();
  const std::uint64_t threads = std::uint64_t{e.x} * e.y * e.z;
  const std::uint64_t all = threads * g.x * g.y * g.z;
  const std::uint64_t inner = p.size - 2;
  float largest = 0;
  for (std::uint64_t i = rk::linear_block_index() * threads + rk::linear_thread_index();
       i < inner * inner; i += all) {
    const std::uint64_t at = (i / inner + 1) * p.size + i % inner + 1;
    const float mean =
        0.25F * (from[at - 1] + from[at + 1] + from[at - p.size] + from[at + p.size]);
    // What is no number has not converged.
    const float change = fabsf(mean - from[at]);
    largest = change <= FLT_MAX ? fmaxf(largest, change) : FLT_MAX;
    to[at] = mean;
  }
  return largest;
}

/// Largest of what all blocks found, in all threads of all blocks.
__device__ float largest_of(const float* by_block, std::uint32_t blocks) {
  const rk::index3 e = rk::block_extent();
  float largest = 0;
  for (std::uint32_t b = rk::linear_thread_index(); b < blocks; b += e.x * e.y * e.z) {
    largest = fmaxf(largest, by_block[b]);
  }
  return block_max(largest);
}

__global__ __launch_bounds__(512) void relax_body(rk::device_view view, parameters p, fields f) {
  rk::actor self = rk::start(view);
  std::uint64_t done = sweeps;  // not zero if it was restored
  bool is_good = false;
  bool is_ready = true;
  if (done == 0) {
    set_rim(p, f);
    is_ready = rk::grid_sync(self) == rk::status::ok;
  }
  while (is_ready && rk::safe_point(self)) {
    if (rk::state_replaced(self)) {
      done = sweeps;
      is_good = false;
    }
    if (is_good || (p.sweeps != 0 && done >= p.sweeps)) break;
    const bool is_even = done % 2 == 0;
    // Two rows: who is quick writes the next one while others still read this one.
    float* changes = f.change_by_block + done % 2 * view.actor_count;
    const float own = block_max(sweep(p, is_even ? f.even : f.odd, is_even ? f.odd : f.even));
    if (self.leader) changes[self.index] = own;
    if (rk::grid_sync(self) != rk::status::ok) break;
    // Every block decides, and all alike.
    const float change = largest_of(changes, view.actor_count);
    is_good = change < p.tolerance;
    ++done;
    if (self.leader && self.index == 0) {
      sweeps = done;
      residual = change;
      converged = is_good ? 1 : 0;
    }
  }
  rk::finish(self);
}

}  // namespace

RK_DEFINE_KERNEL(converge::relax, relax_body);
