#include <rk/device.cuh>

#include "torture/torture.hpp"

__device__ __checkpoint__ static unsigned long long step_counter;

namespace {

__device__ void write_own_elements(const torture::parameters& p, std::uint64_t value) {
  const rk::index3 e = rk::block_extent();
  const rk::index3 g = rk::grid_extent();
  const std::uint64_t threads = std::uint64_t{e.x} * e.y * e.z;
  const std::uint64_t stride = threads * g.x * g.y * g.z;
  for (std::uint64_t i = threads * rk::linear_block_index() + rk::linear_thread_index();
       i < p.count; i += stride) {
    p.pattern[i] = value;
  }
}

/// Long enough for a reader to find the array at rest.
__device__ void rest(const torture::parameters& p) {
  if (p.pause_ns == 0) return;
  const std::uint64_t since = rk::clock_ns();
  for (unsigned attempt = 0; rk::clock_ns() - since < p.pause_ns; ++attempt) rk::pause(attempt);
}

__global__ __launch_bounds__(1024) void rewrite(rk::device_view view, torture::parameters p) {
  rk::actor self = rk::start(view);
  std::uint64_t step = step_counter;
  while (rk::safe_point(self) && (p.steps == 0 || step < p.steps)) {
    if (rk::state_replaced(self)) step = step_counter;
    ++step;
    {
      const rk::publish_guard guard(self, *p.writes);
      write_own_elements(p, step);
    }
    if (rk::grid_sync(self) != rk::status::ok) break;
    if (self.index == 0 && self.leader) step_counter = step;
    // Nobody begins another step: the others wait for this block, which never comes.
    if (step == p.fault_at && self.index == 0 && self.leader) *p.nowhere = step;
    rest(p);
    if (rk::grid_sync(self) != rk::status::ok) break;
  }
  rk::finish(self);
}

}  // namespace

RK_DEFINE_KERNEL(torture::rewrite, rewrite);
