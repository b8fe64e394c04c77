#include <rk/device.cuh>

#include "device/probe.hpp"

namespace probe {
namespace {

__global__ void lockstep_body(rk::device_view view, std::uint64_t* left_at) {
  rk::actor self = rk::start(view);
  std::uint64_t step = 0;
  while (rk::safe_point(self)) {
    ++step;
    if (rk::grid_sync(self) != rk::status::ok) break;
  }
  if (self.leader) left_at[self.index] = step;
  rk::finish(self);
}

__global__ void independent_body(rk::device_view view, std::uint64_t* left_at) {
  rk::actor self = rk::start(view);
  std::uint64_t step = 0;
  while (rk::safe_point(self)) {
    ++step;
    rk::pause(0);
  }
  if (self.leader) left_at[self.index] = step;
  rk::finish(self);
}

__global__ void execution_body(rk::device_view view, thread_report* reports) {
  rk::actor self = rk::start(view);
  const std::uint32_t thread = rk::linear_thread_index();
  const std::uint32_t block = rk::linear_block_index();
  const rk::index3 e = rk::block_extent();
  thread_report r{};
  r.thread = thread;
  r.block = block;
  r.shuffled = rk::warp_shuffle(thread, 3);
  r.shuffled_down = rk::warp_shuffle_down(thread, 5);
  r.ballot = rk::warp_ballot(thread % 2 == 1);
  r.sum = rk::warp_sum(thread);
  r.any = rk::block_sync_or(block == 1 && thread == 7) ? 1 : 0;
  reports[block * e.x * e.y * e.z + thread] = r;
  rk::finish(self);
}

__global__ void stuck_body(rk::device_view view) {
  rk::actor self = rk::start(view);
  if (self.index == 0) {
    while (rk::safe_point(self)) rk::pause(0);
  } else {
    static_cast<void>(rk::grid_sync(self));
  }
  rk::finish(self);
}

__global__ void rewrite_body(rk::device_view view, std::uint64_t* values, std::uint64_t count) {
  rk::actor self = rk::start(view);
  const rk::index3 e = rk::block_extent();
  const std::uint64_t threads = std::uint64_t{e.x} * e.y * e.z;
  const std::uint64_t first = rk::linear_block_index() * threads + rk::linear_thread_index();
  for (std::uint64_t round = 1; rk::safe_point(self); ++round) {
    // Both halves of a word say the same: a reader sees whether it was torn.
    const std::uint64_t word = round << 32 | (round & 0xffffffffU);
    for (std::uint64_t i = first; i < count; i += threads * view.actor_count) {
      rk::atomic_store<rk::order::relaxed, rk::scope::device>(values[i], word);
    }
  }
  rk::finish(self);
}

__global__ void barrier_check_body(rk::device_view view, std::uint64_t* counter,
                                   std::uint64_t* wrong, std::uint64_t rounds) {
  rk::actor self = rk::start(view);
  for (std::uint64_t round = 1; round <= rounds && rk::safe_point(self); ++round) {
    if (self.leader)
      rk::atomic_add<rk::order::relaxed, rk::scope::device>(*counter, std::uint64_t{1});
    if (rk::grid_sync(self) != rk::status::ok) break;
    const std::uint64_t seen = rk::atomic_load<rk::order::relaxed, rk::scope::device>(*counter);
    if (seen != round * view.actor_count && self.leader) ++wrong[self.index];
    if (rk::grid_sync(self) != rk::status::ok) break;
  }
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::lockstep, probe::lockstep_body);
RK_DEFINE_KERNEL(probe::independent, probe::independent_body);
RK_DEFINE_KERNEL(probe::execution, probe::execution_body);
RK_DEFINE_KERNEL(probe::stuck, probe::stuck_body);
RK_DEFINE_KERNEL(probe::rewrite, probe::rewrite_body);
RK_DEFINE_KERNEL(probe::barrier_check, probe::barrier_check_body);
