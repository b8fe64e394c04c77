#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/signal.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/outside.cuh>

/// Waiting for something to do, and telling others that there is something.
///
/// ```
/// while (rk::safe_point(self)) {
///   const rk::wake_up woken = rk::kernel_wait(self, rk::on::host_signal);
///   if (woken.result == rk::status::aborted) break;
///   if (woken.result != rk::status::ok) continue;      // interrupted: to the safe point
///   work_on(woken.host_flags);
/// }
/// ```
namespace rk {

/// What ends a kernel_wait, besides requests of hosts; a set of bits.
namespace on {
inline constexpr std::uint32_t host_signal = 1;  ///< kernel::notify
inline constexpr std::uint32_t peer_signal = 2;  ///< rk::notify of another actor
inline constexpr std::uint32_t timeout = 4;      ///< the limit
}  // namespace on

/// How a kernel_wait ended, the same in all threads of a block.
struct wake_up {
  /// ok: a signal came. `timed_out`: the limit passed. `interrupted`: a host asks for something
  /// that is done at a safe point; go there. `aborted`: leave.
  abi::status result = abi::status::ok;
  std::uint32_t host_flags = 0;  ///< raised since the last wait that told of any
  std::uint32_t peer_flags = 0;
};

inline namespace RK_BACKEND_NAMESPACE {

/// Waits for what `what` names (rk::on), at most `limit_ns` if that is among it. The actor counts
/// as idle meanwhile: it has no deadline, since having nothing to do is no fault, but it obeys
/// aborts and comes out for requests. Called by all threads of a block; in kernels with common safe
/// points by all actors, who wake together, by host signals or by peer signals for actor 0.
///
/// Signals are state, not messages: a flag that is raised twice before the actor looks is told
/// once, none is lost. Signals sent before the wait count. What the sender wrote before a signal is
/// visible behind it.
[[nodiscard]] RK_DEVICE inline wake_up kernel_wait(actor& self, std::uint32_t what,
                                                   std::uint64_t limit_ns = 0,
                                                   int line = __builtin_LINE()) {
  detail::wishes wanted;
  wanted.host_signals = (what & on::host_signal) != 0;
  wanted.peer_signals = (what & on::peer_signal) != 0;
  if ((what & on::timeout) != 0) wanted.limit_ns = limit_ns;
  detail::no_queue none;
  const detail::wake woken = detail::await_outside(self, wanted, nullptr, 0, line, none);
  return {detail::status_of(woken.kind), woken.host_flags, woken.peer_flags};
}

/// Raises flags for another actor of the kernel. Called by one thread; what that thread wrote
/// before is visible to the actor that hears of it. Returns `nobody` if there is no such actor.
RK_DEVICE inline status notify(const actor& self, std::uint32_t other, std::uint32_t flags) {
  if (other >= self.view.actor_count) return status::nobody;
  atomic_or<order::release, scope::device>(self.view.bound->actors[other].peer_flags,
                                           std::uint64_t{flags});
  return status::ok;
}

/// Lets other blocks of the same multiprocessor have it for about a microsecond. No barrier.
RK_DEVICE inline void kernel_yield(const actor&) {
  constexpr unsigned turn_ns = 1000;
  sleep_ns(turn_ns);
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
