#pragma once

#include <cstdint>

#include <rk/abi/actor_record.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/abi/device_view.hpp>
#include <rk/device/atomic.cuh>
#include <rk/device/execution.cuh>

/// The three calls that make a loop inspectable: `start`, `safe_point`, `finish`.
///
/// ```
/// __global__ void simulate(rk::device_view view, float* field) {
///   rk::actor self = rk::start(view);
///   while (rk::safe_point(self)) {
///     step(field);
///     if (rk::grid_sync(self) != rk::status::ok) break;
///   }
///   rk::finish(self);
/// }
/// ```
///
/// All three are called by all threads of a block, at the same place. What is not promised: a safe
/// point is no barrier between blocks, and live readers may see any mixture of two steps.
namespace rk {

using abi::status;

inline namespace RK_BACKEND_NAMESPACE {

/// A block's own view of itself. Every thread holds a copy; only the leader's counters advance.
struct actor {
  device_view view;
  abi::actor_record* record;
  std::uint64_t safe_points;         ///< passed so far
  std::uint64_t barrier_generation;  ///< grid barriers entered so far
  std::uint32_t index;               ///< number of this actor in its kernel
  bool leader;                       ///< thread 0 of the block: the one writer of the record
  status last;                       ///< first failure of a runtime wait, else ok
};

namespace detail {

/// Field by field: a reader's DMA may come at any time, and sees each word whole.
template <order O = order::relaxed, class T>
RK_DEVICE void publish(T& field, T value) {
  atomic_store<O, scope::system>(field, value);
}

RK_DEVICE inline bool records(const actor& self) {
  return self.leader && self.view.level != instrumentation::off;
}

RK_DEVICE inline std::uint64_t pending_requests(const actor& self) {
  return atomic_load<order::relaxed, scope::system>(self.view.requests->word);
}

/// Requests to honour at this safe point. Called by the leader alone.
RK_DEVICE inline std::uint64_t due_requests(const actor& self) {
  const std::uint64_t pending = pending_requests(self);
  if (self.view.sync == synchrony::independent) return pending;
  std::uint64_t& agreement = self.view.control->agreement.word;
  const std::uint64_t agreed = atomic_load<order::relaxed, scope::device>(agreement);
  if (self.index == 0 && pending != abi::agreement_requests(agreed)) {
    atomic_store<order::relaxed, scope::device>(agreement,
                                                abi::make_agreement(self.safe_points + 1, pending));
  }
  const bool reached = self.safe_points >= abi::agreement_step(agreed);
  const std::uint64_t abort_bit = pending & abi::bits(abi::request::abort);
  return (reached ? abi::agreement_requests(agreed) : 0) | abort_bit;
}

RK_DEVICE inline void record_progress(const actor& self) {
  publish(self.record->progress, self.safe_points);
  publish(self.record->heartbeat_ns, clock_ns());
}

}  // namespace detail

/// Registers the calling block as an actor. Call once, before the first safe point.
[[nodiscard]] RK_DEVICE inline actor start(const device_view& view) {
  actor self{};
  self.view = view;
  self.index = linear_block_index();
  self.record = view.actors + self.index;
  self.leader = linear_thread_index() == 0;
  if (detail::records(self)) {
    const std::uint64_t now = clock_ns();
    detail::publish(self.record->started_ns, now);
    detail::publish(self.record->heartbeat_ns, now);
    detail::publish(self.record->processor, processor_index());
    detail::publish(self.record->state, abi::actor_state::running);
  }
  return self;
}

/// A place where this actor's state is consistent and requests are honoured. A block-wide barrier.
///
/// Returns true to go on, false when the kernel was asked to end: leave the loop and call `finish`.
[[nodiscard]] RK_DEVICE inline bool safe_point(actor& self) {
  bool leave = false;
  if (self.leader) {
    const std::uint64_t due = detail::due_requests(self);
    leave = abi::asks(due, abi::request::stop) || abi::asks(due, abi::request::abort);
    if (detail::records(self)) detail::record_progress(self);
    ++self.safe_points;
  }
  return !block_sync_or(leave);
}

/// Marks the calling actor as finished, or as failed after a wait that timed out or was aborted.
RK_DEVICE inline void finish(actor& self) {
  block_sync();
  if (!detail::records(self)) return;
  detail::publish(self.record->finished_ns, clock_ns());
  detail::publish(self.record->exit_status, self.last);
  detail::publish(self.record->state,
                  self.last == status::ok ? abi::actor_state::finished : abi::actor_state::failed);
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
