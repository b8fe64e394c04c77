#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/kernel_control.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/region_copy.cuh>
#include <rk/device/wait.cuh>

/// How independent actors come together at their safe points for an operation, or go on without
/// one that was taken back. See abi::meeting_line for the protocol.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

enum class turnout : std::uint32_t {
  nobody,  ///< taken back before all had come
  all,
  off,  ///< all came, and it was taken back by then
};

/// Leader's part: comes, and waits until all have.
[[nodiscard]] RK_DEVICE inline turnout wait_for_meeting(const actor& self) {
  abi::meeting_line& meeting = self.view.control->meeting;
  std::uint64_t& word = meeting.word;
  const std::uint64_t actors = self.view.actor_count;
  std::uint64_t seen = atomic_add<order::acq_rel, scope::device>(word, abi::one_more_came);
  const std::uint64_t held = abi::meetings(seen);
  if (abi::came(seen) + 1 + abi::ended(seen) == actors) open_meeting(self, abi::came(seen) + 1);
  const bool recorded = records(self);
  if (recorded) open_wait(*self.record, abi::wait_kind::preemption, 0, actors, 0, clock_ns(), 0);
  bool is_back_out = false;
  for (unsigned attempt = 1;; ++attempt) {
    seen = atomic_load<order::acquire, scope::device>(word);
    if (abi::meetings(seen) != held) break;
    const std::uint64_t pending = pending_requests(self);
    const bool is_wanted = abi::requested_operation(pending) > leaders().operation &&
                           (pending & abi::agreed_requests) == 0;
    while (!is_wanted && !is_back_out && abi::meetings(seen) == held &&
           abi::came(seen) + abi::ended(seen) < actors) {
      is_back_out =
          atomic_cas<order::acq_rel, scope::device>(word, seen, seen - abi::one_more_came);
    }
    if (is_back_out) break;
    if (recorded) publish(self.record->wait.observed, abi::came(seen) + abi::ended(seen));
    pause(attempt);
  }
  if (recorded) close_wait(*self.record);
  if (is_back_out) return turnout::nobody;
  return atomic_load<order::relaxed, scope::device>(meeting.is_off) != 0 ? turnout::off
                                                                         : turnout::all;
}

/// Called by all threads of a block.
[[nodiscard]] RK_DEVICE inline turnout come_together(const actor& self) {
  const turnout met = self.leader ? wait_for_meeting(self) : turnout::all;
  if (block_sync_or(self.leader && met == turnout::nobody)) return turnout::nobody;
  return block_sync_or(self.leader && met == turnout::off) ? turnout::off : turnout::all;
}

/// The caller's share of the work, once all have come.
[[nodiscard]] RK_DEVICE inline block_share take_share(const actor& self) {
  __shared__ std::uint64_t ticket;
  abi::meeting_line& meeting = self.view.control->meeting;
  if (self.leader) {
    ticket = atomic_add<order::relaxed, scope::device>(meeting.ticket, std::uint64_t{1});
  }
  block_sync();
  const std::uint64_t ended = abi::ended(atomic_load<order::relaxed, scope::device>(meeting.word));
  return {self.view.actor_count - ended, ticket};
}

/// Waits until all have done their share: nobody goes on before.
[[nodiscard]] RK_DEVICE inline status come_together_again(actor& self) {
  block_sync();
  status result = status::ok;
  if (self.leader) {
    std::uint64_t& word = self.view.control->meeting.word;
    const std::uint64_t seen = atomic_add<order::acq_rel, scope::device>(word, abi::one_more_came);
    const std::uint64_t came = abi::came(seen) + 1;
    if (came + abi::ended(seen) == self.view.actor_count) {
      atomic_add<order::acq_rel, scope::device>(word, abi::one_more_meeting - came);
    }
    const std::uint64_t held = abi::meetings(seen);
    result = wait_until(abi::wait_kind::preemption, 0, 1, 0, [&] {
      const std::uint64_t now = abi::meetings(atomic_load<order::acquire, scope::device>(word));
      return std::uint64_t{now != held ? 1u : 0u};
    });
  }
  return share_status(self, result);
}

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
