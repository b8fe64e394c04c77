#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/device/wait.cuh>

namespace rk {
inline namespace RK_BACKEND_NAMESPACE {

/// Barrier over all actors of the kernel, called by all threads of every block.
///
/// What any thread wrote before it is visible to every thread after it: the block barrier orders
/// the block's writes before the leader's arrival (release), and the leader's poll (acquire) before
/// the block's reads. All blocks must be resident; `session.launch` sees to that. Returns
/// `timed_out` or `aborted` if the others did not come; the barrier is unusable afterwards.
[[nodiscard]] RK_DEVICE inline status grid_sync(actor& self, int line = __builtin_LINE()) {
  block_sync();
  status result = status::ok;
  if (self.leader) {
    std::uint64_t& arrived = self.view.control->grid_barrier.arrived;
    const std::uint64_t expected = ++self.barrier_generation * self.view.actor_count;
    atomic_add<order::release, scope::device>(arrived, std::uint64_t{1});
    result = detail::wait_until(self, abi::wait_kind::grid_barrier, 0, expected, line, [&] {
      return atomic_load<order::acquire, scope::device>(arrived);
    });
  }
  return detail::share_status(self, result);
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
