#include <rk/device.cuh>

#include "bench/actors.hpp"

namespace {

template <class Meet>
__device__ void time_rounds(rk::actor& self, const actors::run& r, Meet meet) {
  if (!rk::safe_point(self)) return;
  if (meet() != rk::status::ok) return;
  const std::uint64_t begin = rk::clock_ns();
  for (std::uint64_t i = 0; i < r.rounds; ++i) {
    if (meet() != rk::status::ok) return;
  }
  if (self.leader && self.index == 0) *r.ns = rk::clock_ns() - begin;
}

__global__ __launch_bounds__(128, 8) void meet_grid_body(rk::device_view view, actors::run r) {
  rk::actor self = rk::start(view);
  time_rounds(self, r, [&] { return rk::grid_sync(self); });
  rk::finish(self);
}

__global__ __launch_bounds__(128, 8) void meet_named_body(rk::device_view view, actors::run r,
                                                          rk::barrier_set set) {
  rk::actor self = rk::start(view);
  {
    rk::named_barrier barrier(self, set);
    time_rounds(self, r, [&] { return barrier.sync(); });
  }
  rk::finish(self);
}

__global__ __launch_bounds__(128, 8) void meet_near_body(rk::device_view view, actors::run r,
                                                         rk::barrier_set set) {
  rk::actor self = rk::start(view);
  {
    rk::neighborhood<4, 4, 4> barrier(self, set);
    time_rounds(self, r, [&] { return barrier.sync(); });
  }
  rk::finish(self);
}

__global__ __launch_bounds__(128, 8) void meet_neighbors_body(rk::device_view view, actors::run r,
                                                              rk::neighbor_set set) {
  rk::actor self = rk::start(view);
  {
    rk::neighbor_barrier barrier(self, set);
    time_rounds(self, r, [&] { return barrier.sync(); });
  }
  rk::finish(self);
}

__global__ __launch_bounds__(128, 8) void idle_body(rk::device_view view) {
  rk::actor self = rk::start(view);
  while (rk::safe_point(self)) {
    if (rk::kernel_wait(self, rk::on::host_signal).result == rk::status::aborted) break;
  }
  rk::finish(self);
}

__global__ __launch_bounds__(128, 8) void answer_body(rk::device_view view,
                                                      rk::command_queue<std::uint64_t> queue) {
  rk::actor self = rk::start(view);
  rk::command_reader<std::uint64_t> orders(self, queue);
  while (rk::safe_point(self)) {
    std::uint64_t value = 0;
    const rk::status got = orders.next(value);
    if (got == rk::status::aborted || got == rk::status::nobody) break;
    if (got == rk::status::ok) orders.acknowledge(value);
  }
  rk::finish(self);
}

}  // namespace

RK_DEFINE_KERNEL(actors::meet_grid, meet_grid_body);
RK_DEFINE_KERNEL(actors::meet_named, meet_named_body);
RK_DEFINE_KERNEL(actors::meet_near, meet_near_body);
RK_DEFINE_KERNEL(actors::meet_neighbors, meet_neighbors_body);
RK_DEFINE_KERNEL(actors::idle, idle_body);
RK_DEFINE_KERNEL(actors::answer_released, answer_body);
