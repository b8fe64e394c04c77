#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/kernel_control.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/wait.cuh>

/// How actors without common safe points leave the GPU together, or not at all.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// Takes this actor out of the count again. False: it is full, so all leave.
[[nodiscard]] RK_DEVICE inline bool unpark(const actor& self) {
  std::uint64_t& parked = self.view.control->parking.parked;
  std::uint64_t seen = atomic_load<order::acquire, scope::device>(parked);
  while (seen < self.view.actor_count) {
    if (atomic_cas<order::acq_rel, scope::device>(parked, seen, seen - 1)) return true;
  }
  return false;
}

[[nodiscard]] RK_DEVICE inline bool preemption_is_wanted(const actor& self) {
  const std::uint64_t pending = pending_requests(self);
  return abi::asks(pending, abi::request::preempt) && (pending & abi::agreed_requests) == 0;
}

/// Leader's part of park: whether to leave.
[[nodiscard]] RK_DEVICE inline bool wait_for_all(const actor& self) {
  // Once more, so that hardly any time lies between the request and being counted.
  if (!preemption_is_wanted(self)) return false;
  std::uint64_t& parked = self.view.control->parking.parked;
  const std::uint64_t actors = self.view.actor_count;
  std::uint64_t seen =
      atomic_add<order::acq_rel, scope::device>(parked, std::uint64_t{1}) + std::uint64_t{1};
  const bool recorded = records(self);
  if (recorded) open_wait(*self.record, abi::wait_kind::preemption, 0, actors, seen, clock_ns(), 0);
  bool leaves = true;
  for (unsigned attempt = 1; seen < actors; ++attempt) {
    if (!preemption_is_wanted(self) && unpark(self)) {
      leaves = false;
      break;
    }
    pause(attempt);
    seen = atomic_load<order::acquire, scope::device>(parked);
    if (recorded) publish(self.record->wait.observed, seen);
  }
  if (recorded) close_wait(*self.record);
  return leaves;
}

/// Stays at a safe point until every actor is at one, then leaves with them; goes on if the request
/// is taken back before, or the kernel asked to end. Called by all threads of a block.
RK_DEVICE inline void park(actor& self) {
  self.preempted = block_sync_or(self.leader && wait_for_all(self));
}

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
