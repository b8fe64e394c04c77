#include <rk/device.cuh>

#include "bench/actors.hpp"

namespace {

/// What is not measured is no earlier run's.
__device__ void forget_time(const rk::actor& self, const actors::run& r) {
  if (self.leader && self.index == 0) *r.ns = 0;
}

template <class Meet>
__device__ void time_rounds(rk::actor& self, const actors::run& r, Meet meet) {
  forget_time(self, r);
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

template <bool IsTogether>
__device__ void make_steps(rk::actor& self, const actors::run& r) {
  forget_time(self, r);
  std::uint64_t begin = 0;
  for (std::uint64_t i = 0; rk::safe_point(self) && i <= r.rounds; ++i) {
    if (i == 1) begin = rk::clock_ns();
    if (IsTogether && rk::grid_sync(self) != rk::status::ok) return;
  }
  if (self.leader && self.index == 0) *r.ns = rk::clock_ns() - begin;
}

__global__ __launch_bounds__(128, 8) void step_together_body(rk::device_view view, actors::run r) {
  rk::actor self = rk::start(view);
  make_steps<true>(self, r);
  rk::finish(self);
}

__global__ __launch_bounds__(128, 8) void step_alone_body(rk::device_view view, actors::run r) {
  rk::actor self = rk::start(view);
  make_steps<false>(self, r);
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

constexpr std::uint64_t limit_ns = 5'000'000'000;

template <rk::order Send, rk::order Recv>
__device__ rk::status play(rk::mailbox<std::uint64_t, 1>& box, bool begins, std::uint64_t rounds) {
  for (std::uint64_t i = 0; i < rounds; ++i) {
    std::uint64_t got = 0;
    rk::status result = rk::status::ok;
    if (begins) result = box.send<Send>(0, i, limit_ns);
    if (result == rk::status::ok) result = box.recv<Recv>(0, got, limit_ns);
    if (result == rk::status::ok && !begins) result = box.send<Send>(0, got, limit_ns);
    if (result != rk::status::ok) return result;
  }
  return rk::status::ok;
}

// Blocks of one warp.
__global__ __launch_bounds__(32) void ping_pong_body(rk::device_view view, actors::run r,
                                                     rk::mailbox_set<std::uint64_t> set,
                                                     bool is_relaxed) {
  rk::actor self = rk::start(view);
  forget_time(self, r);
  if (rk::safe_point(self)) {
    rk::mailbox<std::uint64_t, 1> box(self, set);
    const bool begins = self.index % 2 == 0;
    const std::uint64_t begin = rk::clock_ns();
    using rk::order;
    const rk::status result = is_relaxed
                                  ? play<order::relaxed, order::relaxed>(box, begins, r.rounds)
                                  : play<order::release, order::acquire>(box, begins, r.rounds);
    if (result == rk::status::ok && self.leader && self.index == 0) *r.ns = rk::clock_ns() - begin;
  }
  rk::finish(self);
}

__global__ __launch_bounds__(32) void stream_to_body(rk::device_view view, actors::run r,
                                                     rk::mailbox_set<std::uint64_t> set) {
  rk::actor self = rk::start(view);
  forget_time(self, r);
  if (rk::safe_point(self)) {
    rk::mailbox<std::uint64_t, 1> box(self, set);
    const std::uint64_t begin = rk::clock_ns();
    rk::status result = rk::status::ok;
    for (std::uint64_t i = 0; i < r.rounds && result == rk::status::ok; ++i) {
      std::uint64_t got = i;
      result = self.index % 2 == 0 ? box.send(0, got, limit_ns) : box.recv(0, got, limit_ns);
    }
    if (result == rk::status::ok && self.leader && self.index == 1) *r.ns = rk::clock_ns() - begin;
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
RK_DEFINE_KERNEL(actors::step_together, step_together_body);
RK_DEFINE_KERNEL(actors::step_alone, step_alone_body);
RK_DEFINE_KERNEL(actors::meet_named, meet_named_body);
RK_DEFINE_KERNEL(actors::meet_near, meet_near_body);
RK_DEFINE_KERNEL(actors::meet_neighbors, meet_neighbors_body);
RK_DEFINE_KERNEL(actors::ping_pong, ping_pong_body);
RK_DEFINE_KERNEL(actors::stream_to, stream_to_body);
RK_DEFINE_KERNEL(actors::idle, idle_body);
RK_DEFINE_KERNEL(actors::answer_released, answer_body);
