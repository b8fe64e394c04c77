#include <rk/device.cuh>

#include "device/barriers.hpp"

namespace probe {
namespace {

/// Lets the others go first, now and then.
__device__ void loiter(const rk::actor& self, std::uint64_t round) {
  const std::uint64_t mixed = (round * 131 + self.index + 1) * 0x9e37'79b9'7f4a'7c15ULL;
  if ((mixed >> 58) == 0) rk::sleep_ns(5000);
}

__device__ void enter(const rk::actor& self, const barrier_history& h, std::uint64_t round) {
  loiter(self, round);
  if (self.leader) {
    rk::atomic_store<rk::order::relaxed, rk::scope::device>(h.cells[self.index], round);
  }
}

/// Behind the barrier of `round`: nobody among those may be in an earlier one.
__device__ void look_at(const rk::actor& self, const barrier_history& h, std::uint32_t other,
                        std::uint64_t round) {
  const std::uint64_t seen = rk::atomic_load<rk::order::relaxed, rk::scope::device>(h.cells[other]);
  if (seen < round) ++h.wrong[self.index];
}

/// Before it leaves: whoever passes a barrier since then need not look for it.
__device__ void say_farewell(const rk::actor& self, const barrier_history& h) {
  if (!self.leader) return;
  rk::atomic_store<rk::order::relaxed, rk::scope::device>(h.cells[self.index], ~std::uint64_t{0});
}

__device__ bool skips(const rk::actor& self, const barrier_history& h, std::uint64_t round) {
  return h.fault == barrier_fault::waits_not && self.index % 2 == 1 && round % 3 == 0;
}

__device__ bool goes_on(const barrier_history& h, std::uint64_t round) {
  return h.rounds == 0 || round <= h.rounds;
}

__device__ bool share_barrier(const rk::barrier_set& set, std::uint32_t a, std::uint32_t b) {
  return b < set.seat_count && set.seats[a].barrier == set.seats[b].barrier;
}

template <class Barrier, class Meet>
__device__ void meet(rk::device_view view, const barrier_history& h, const rk::barrier_set& set,
                     Meet meet_at) {
  rk::actor self = rk::start(view);
  Barrier barrier(self, set);
  for (std::uint64_t round = 1; goes_on(h, round) && rk::safe_point(self); ++round) {
    enter(self, h, round);
    bool waited = true;
    if (meet_at(self, barrier, round, waited) != rk::status::ok) break;
    for (std::uint32_t o = 0; waited && self.leader && o < view.actor_count; ++o) {
      if (barrier.is_member() && share_barrier(set, self.index, o)) look_at(self, h, o, round);
    }
    if (self.leader) h.done[self.index] = round;
  }
  say_farewell(self, h);
  rk::finish(self);
}

__global__ void meet_named_body(rk::device_view view, barrier_history h, rk::barrier_set set) {
  meet<rk::named_barrier>(view, h, set,
                          [&](const rk::actor& self, auto& b, std::uint64_t round, bool&) {
                            return b.arrive_if(!skips(self, h, round));
                          });
}

__global__ void meet_apart_body(rk::device_view view, barrier_history h, rk::barrier_set set) {
  meet<rk::named_barrier>(view, h, set,
                          [](const rk::actor& self, auto& b, std::uint64_t round, bool& waited) {
                            if (self.index % 2 == 0) {
                              const rk::status arrived = b.arrive();
                              rk::pause(0);
                              return arrived == rk::status::ok ? b.wait() : arrived;
                            }
                            waited = round % 2 == 0;
                            return b.arrive_if(waited);
                          });
}

__global__ void meet_near_body(rk::device_view view, barrier_history h, rk::barrier_set set) {
  meet<rk::neighborhood<2, 2>>(
      view, h, set, [](const rk::actor&, auto& b, std::uint64_t, bool&) { return b.sync(); });
}

__global__ void meet_neighbors_body(rk::device_view view, barrier_history h, rk::neighbor_set set) {
  rk::actor self = rk::start(view);
  rk::neighbor_barrier barrier(self, set);
  // Goes on from what a checkpoint or a preemption left.
  std::uint64_t round = h.done[self.index] + 1;
  for (; goes_on(h, round) && rk::safe_point(self); ++round) {
    if (rk::state_replaced(self)) round = h.done[self.index] + 1;
    enter(self, h, round);
    if (skips(self, h, round)) {
      barrier.arrive();
    } else if (barrier.sync() != rk::status::ok) {
      break;
    }
    for (std::uint32_t i = 0; self.leader && i < barrier.neighbor_count(); ++i) {
      look_at(self, h, barrier.neighbor(i), round);
    }
    if (self.leader) h.done[self.index] = round;
  }
  say_farewell(self, h);
  rk::finish(self);
}

__global__ void leave_grid_body(rk::device_view view, barrier_history h, std::uint32_t leaver) {
  rk::actor self = rk::start(view);
  for (std::uint64_t round = 1; goes_on(h, round) && rk::safe_point(self); ++round) {
    if (self.index == leaver && round == 20) break;
    enter(self, h, round);
    if (rk::grid_sync(self) != rk::status::ok) break;
    for (std::uint32_t o = 0; self.leader && o < view.actor_count; ++o) {
      look_at(self, h, o, round);
    }
    if (self.leader) h.done[self.index] = round;
    if (rk::grid_sync(self) != rk::status::ok) break;
  }
  say_farewell(self, h);
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::meet_named, probe::meet_named_body);
RK_DEFINE_KERNEL(probe::meet_apart, probe::meet_apart_body);
RK_DEFINE_KERNEL(probe::meet_near, probe::meet_near_body);
RK_DEFINE_KERNEL(probe::meet_neighbors, probe::meet_neighbors_body);
RK_DEFINE_KERNEL(probe::leave_grid, probe::leave_grid_body);
