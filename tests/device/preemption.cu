#include <rk/device.cuh>

#include "device/preemption.hpp"

namespace probe {
namespace {

/// Keeps actor 1 where it is, until the host lets it go or asks it to end.
__device__ void stay_while_held(const rk::actor& self, const std::uint64_t& hold) {
  while (self.index == 1 && self.leader &&
         rk::atomic_load<rk::order::relaxed, rk::scope::system>(hold) != 0) {
    const bool is_aborted =
        rk::abi::asks(rk::detail::pending_requests(self), rk::abi::request::abort);
    if (is_aborted) return;
    rk::pause(0);
  }
}

/// Notes what is announced of the next point, and saves the tile for it.
__device__ void prepare(const rk::actor& self, const counting_state& s,
                        const std::uint64_t (&tile)[tile_size]) {
  const rk::checkpoint_kind kind = rk::checkpoint_mode(self);
  if (kind != rk::checkpoint_kind::none && self.index == 0 && self.leader) {
    s.kinds[kind == rk::checkpoint_kind::leave ? 1 : 0] += 1;
  }
  rk::checkpoint_shared(self, tile, s.tiles);
}

__global__ void counting_body(rk::device_view view, counting_state s) {
  __shared__ std::uint64_t tile[tile_size];
  rk::actor self = rk::start(view);
  rk::restore_shared(self, tile, s.tiles);
  std::uint64_t step = *s.step;
  const bool works = rk::linear_thread_index() < tile_size;
  while (rk::safe_point(self)) {
    if (rk::state_replaced(self)) {
      rk::restore_shared(self, tile, s.tiles);
      step = *s.step;
    }
    stay_while_held(self, *s.hold);
    ++step;
    if (works) tile[rk::linear_thread_index()] += 1;
    if (rk::grid_sync(self) != rk::status::ok) break;
    if (self.index == 0 && self.leader) *s.step = step;
    if (rk::grid_sync(self) != rk::status::ok) break;
    prepare(self, s, tile);
    if (!rk::preemption_point(self)) break;
    if (rk::state_replaced(self)) {
      rk::restore_shared(self, tile, s.tiles);
      step = *s.step;
    }
    if (rk::grid_sync(self) != rk::status::ok) break;
    prepare(self, s, tile);
  }
  rk::finish(self);
}

__global__ void waiting_body(rk::device_view view, std::uint64_t* word, std::uint64_t* gave_way) {
  rk::actor self = rk::start(view);
  while (rk::safe_point(self)) {
    if (self.index == 0) {
      rk::pause(0);
      continue;
    }
    const rk::status result = rk::wait_at_least(self, *word, 1);
    if (result == rk::status::preempted && self.leader) ++gave_way[self.index];
  }
  rk::finish(self);
}

__global__ void loners_body(rk::device_view view, std::uint64_t* steps, std::uint64_t* goals,
                            std::uint64_t* hold) {
  rk::actor self = rk::start(view);
  std::uint64_t step = steps[self.index];
  while (rk::safe_point(self)) {
    if (step == rk::atomic_load<rk::order::relaxed, rk::scope::system>(goals[self.index])) break;
    stay_while_held(self, *hold);
    ++step;
    rk::block_sync();
    if (self.leader) {
      rk::atomic_store<rk::order::relaxed, rk::scope::system>(steps[self.index], step);
    }
    rk::pause(0);
  }
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::counting, probe::counting_body);
RK_DEFINE_KERNEL(probe::waiting, probe::waiting_body);
RK_DEFINE_KERNEL(probe::loners, probe::loners_body);
