#include <rk/device.cuh>

#include "ring/ring.hpp"

namespace {

/// In a ring: the actor before, and the one behind. A ring of two has only one neighbour.
constexpr std::uint32_t before = 0;

__device__ std::uint64_t share_of(const ring::parameters& p, const rk::actor& self) {
  const std::uint32_t actors = self.view.actor_count;
  return p.tokens / actors + (self.index < p.tokens % actors ? 1 : 0);
}

__device__ std::uint64_t number_of(const ring::parameters&, const rk::actor& self,
                                   std::uint64_t n) {
  return n * self.view.actor_count + self.index + 1;
}

/// What an actor works with lies in symbols at every safe point, so that a cut anywhere between two
/// steps, and a launch that goes on from it, find each token in exactly one place.
__global__ __launch_bounds__(256) void pass_on_body(rk::device_view view, ring::parameters p,
                                                    rk::mailbox_set<ring::token> set,
                                                    ring::state s) {
  constexpr std::uint64_t limit_ns = 100'000'000;
  rk::actor self = rk::start(view);
  rk::mailbox<ring::token, 2> box(self, set);
  const std::uint32_t behind = box.neighbor_count() - 1;
  const std::uint64_t own = share_of(p, self);
  ring::token now = s.held[self.index];
  std::uint64_t put_in = s.put_in[self.index];
  std::uint64_t step = 0;
  while (rk::safe_point(self) && (p.steps == 0 || step++ < p.steps)) {
    if (rk::state_replaced(self)) {
      box.reload();
      now = s.held[self.index];
      put_in = s.put_in[self.index];
    }
    rk::status result = rk::status::ok;
    if (now.number == 0 && put_in < own) {
      now = {number_of(p, self, put_in), 0};
      ++put_in;
    } else if (now.number == 0) {
      result = box.recv(before, now, limit_ns);
    } else {
      result = box.send(behind, {now.number, now.hops + 1}, limit_ns);
      if (result == rk::status::ok) now = {};
      if (result == rk::status::ok && self.leader) ++s.passed[self.index];
    }
    if (result == rk::status::aborted || result == rk::status::gone) break;
    rk::block_sync();
    if (self.leader) {
      s.held[self.index] = now;
      s.put_in[self.index] = put_in;
    }
  }
  rk::finish(self);
}

}  // namespace

RK_DEFINE_KERNEL(ring::pass_on, pass_on_body);
