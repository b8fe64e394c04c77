#include <rk/device.cuh>

#include "device/signals.hpp"

namespace probe {
namespace {

__device__ void count(std::uint64_t& counter, std::uint64_t by = 1) {
  rk::atomic_store<rk::order::relaxed, rk::scope::system>(counter, counter + by);
}

__device__ void note(const rk::actor& self, const signal_history& h, const rk::wake_up& woken) {
  if (!self.leader) return;
  if (woken.result == rk::status::ok) {
    count(h.wakes[self.index]);
    rk::atomic_or<rk::order::relaxed, rk::scope::system>(
        h.flags[self.index], std::uint64_t{woken.host_flags | woken.peer_flags});
  }
  if (woken.result == rk::status::timed_out) count(h.timeouts[self.index]);
  if (woken.result == rk::status::interrupted) count(h.interrupts[self.index]);
}

__global__ void listen_body(rk::device_view view, signal_history h, std::uint32_t what,
                            std::uint64_t limit_ns) {
  rk::actor self = rk::start(view);
  while (rk::safe_point(self)) {
    const rk::wake_up woken = rk::kernel_wait(self, what, limit_ns);
    note(self, h, woken);
    if (woken.result == rk::status::aborted) break;
  }
  rk::finish(self);
}

__global__ void relay_body(rk::device_view view, signal_history h, std::uint64_t rounds) {
  rk::actor self = rk::start(view);
  std::uint64_t round = 0;
  std::uint32_t heard = 0;
  const std::uint32_t all = ((1u << view.actor_count) - 1) & ~1u;
  while (rk::safe_point(self) && round < rounds) {
    if (self.index == 0 && heard == 0 && self.leader) {
      for (std::uint32_t a = 1; a < view.actor_count; ++a) (void)rk::notify(self, a, 1u << a);
    }
    const rk::wake_up woken = rk::kernel_wait(self, rk::on::peer_signal);
    note(self, h, woken);
    if (woken.result == rk::status::aborted) break;
    if (woken.result != rk::status::ok) {
      if (self.index == 0) heard |= 1u;  // the others have been told already
      continue;
    }
    if (self.index != 0) {
      if (self.leader) (void)rk::notify(self, 0, 1u << self.index);
      ++round;
      continue;
    }
    heard |= woken.peer_flags | 1u;
    if ((heard & ~1u) != all) continue;
    heard = 0;
    ++round;
  }
  rk::finish(self);
}

__global__ void hear_bell_body(rk::device_view view, bell_history h) {
  rk::actor self = rk::start(view);
  std::uint64_t wakes = 0;
  while (rk::safe_point(self)) {
    const rk::wake_up woken = rk::kernel_wait(self, rk::on::host_signal);
    if (woken.result == rk::status::aborted) break;
    if (woken.result != rk::status::ok) continue;
    const rk::coherent_region<raised_flags>& region = h.raised[self.index];
    bool is_new = false;
    if (rk::coherence_acquire(self, region, is_new) != rk::status::ok) break;
    if (!self.leader) continue;
    const raised_flags& raised = *rk::device_data(region);
    const bool forgets = h.forgets && ++wakes % 100 == 0;
    for (std::uint32_t f = 0; f < 32; ++f) {
      if ((woken.host_flags >> f & 1) == 0 || forgets) continue;
      count(h.told[self.index * 32 + f]);
      rk::atomic_store<rk::order::relaxed, rk::scope::system>(h.seen[self.index * 32 + f],
                                                              raised.times[f]);
    }
  }
  rk::finish(self);
}

__global__ void obey_body(rk::device_view view, command_history h,
                          rk::command_queue<numbered_command> queue) {
  rk::actor self = rk::start(view);
  rk::command_reader<numbered_command> reader(self, queue);
  while (rk::safe_point(self)) {
    numbered_command c{};
    const rk::status got = reader.next(c);
    if (got == rk::status::aborted || got == rk::status::nobody) break;
    if (got != rk::status::ok) continue;
    if (self.leader) {
      const std::uint64_t taken = h.taken[self.index];
      const bool skips = h.fault == command_fault::skips && taken % 100 == 99;
      const bool is_double = h.fault == command_fault::takes_twice && taken % 100 == 99;
      std::uint64_t& next = h.next[self.index * max_senders + c.sender % max_senders];
      const bool is_torn = c.padding[0] != c.number || c.padding[2] != ~std::uint64_t{c.number};
      for (int i = 0; i < (skips ? 0 : is_double ? 2 : 1); ++i) {
        if (is_torn || c.number != next) count(h.wrong[self.index]);
        next = std::uint64_t{c.number} + 1;
      }
      count(h.taken[self.index]);
    }
    if (view.sync == rk::synchrony::grid && rk::grid_sync(self) != rk::status::ok) break;
    reader.acknowledge(c.number);
  }
  rk::finish(self);
}

__global__ void add_up_body(rk::device_view view, std::uint64_t* sums,
                            rk::command_queue<large_command> queue) {
  rk::actor self = rk::start(view);
  rk::command_reader<large_command> reader(self, queue);
  while (rk::safe_point(self)) {
    large_command c{};
    const rk::status got = reader.next(c);
    if (got == rk::status::aborted) break;
    if (got != rk::status::ok) continue;
    std::uint64_t sum = 0;
    for (const std::uint64_t w : c.words) sum += w;
    // Every block has all of it; each adds its share.
    if (self.leader) sums[self.index] += sum;
    if (rk::grid_sync(self) != rk::status::ok) break;
    std::uint64_t total = 0;
    // The owner's answer counts, and until it is given no other command changes the sums.
    for (std::uint32_t a = 0; self.index == 0 && a < view.actor_count; ++a) total += sums[a];
    reader.acknowledge(total);
  }
  rk::finish(self);
}

__global__ void ignore_body(rk::device_view view, rk::command_queue<std::uint64_t> queue) {
  rk::actor self = rk::start(view);
  rk::command_reader<std::uint64_t> reader(self, queue);
  while (rk::safe_point(self)) {
    std::uint64_t c = 0;
    // Idle behind the first command, which stays unanswered.
    if (reader.next(c) != rk::status::ok) continue;
    if (rk::kernel_wait(self, rk::on::host_signal).result == rk::status::aborted) break;
  }
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::listen, probe::listen_body);
RK_DEFINE_KERNEL(probe::relay, probe::relay_body);
RK_DEFINE_KERNEL(probe::hear_bell, probe::hear_bell_body);
RK_DEFINE_KERNEL(probe::obey, probe::obey_body);
RK_DEFINE_KERNEL(probe::add_up, probe::add_up_body);
RK_DEFINE_KERNEL(probe::ignore, probe::ignore_body);
