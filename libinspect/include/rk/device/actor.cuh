#pragma once

#include <cstdint>

#include <rk/abi/actor_record.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/abi/device_view.hpp>
#include <rk/device/atomic.cuh>
#include <rk/device/execution.cuh>
#include <rk/device/flight_recorder.cuh>

/// An actor, and the first and the last of the three calls that make a loop inspectable: `start`,
/// `safe_point` (rk/device/safe_point.cuh), `finish`.
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
/// All three are called by all threads of a block, at the same place.
namespace rk {

using abi::status;

inline namespace RK_BACKEND_NAMESPACE {

namespace detail {

/// Where an actor stands at a barrier, as its leader knows.
struct barrier_standing {
  std::uint64_t generation;  ///< own arrivals
  std::uint64_t wanted;      ///< arrivals of all at which that generation is over
  std::uint32_t present;     ///< members that are not known to have left
};

}  // namespace detail

/// A block's own view of itself. Every thread holds a copy, the same but for `leader`; what only
/// the leader needs lies elsewhere (detail::leaders).
struct actor {
  device_view view;
  abi::actor_record* record;
  std::uint32_t index;      ///< number of this actor in its kernel
  std::uint32_t mail_turn;  ///< of the block's own memory for messages
  std::uint32_t mailboxes;  ///< those there are: places in the block's own memory, a bit each
  bool leader;              ///< thread 0 of the block: the one writer of the record
  bool state_replaced;      ///< see rk::state_replaced
  bool preempted;           ///< see rk::preempted
  status last;              ///< first failure of a runtime wait, else ok
};

namespace detail {

/// What a wait needs to know of its actor.
struct waiter {
  abi::actor_record* record;
  const abi::kernel_requests* requests;
  std::uint64_t deadline_ns;
  bool records;
  bool is_independent;
};

/// The leader's part of an actor.
struct leader_state {
  std::uint64_t safe_points;   ///< passed so far, points without a step among them
  std::uint64_t extra_points;  ///< those that no step ended at
  std::uint64_t steps_before;  ///< completed by earlier launches
  std::uint64_t operation;     ///< number of the last operation agreed on
  std::uint64_t outcomes;      ///< decisions of actor 0 about outside events, so far
  std::uint64_t heard_by_all;  ///< of them, as actor 0 knows
  barrier_standing at_grid;    ///< the barrier over all actors
  waiter who;                  ///< constant. Who waits finds it here: it would need many registers
  bool over;                   ///< had finished before the kernel was resumed
  bool has_agreed;             ///< actor 0: the others may not know yet what it has agreed on
};

/// Takes the lowest of `count` places; `count` if all are taken.
RK_DEVICE inline unsigned take_place(std::uint32_t& taken, unsigned count) {
  unsigned place = 0;
  while (place < count && (taken >> place & 1) != 0) ++place;
  if (place < count) taken |= 1u << place;
  return place;
}
RK_DEVICE inline void give_place_back(std::uint32_t& taken, unsigned place) {
  taken &= ~(1u << place);
}

/// In the block's own memory: in registers it would take some of every thread's.
RK_DEVICE inline leader_state& leaders() {
  __shared__ leader_state state;
  return state;
}

/// Field by field: a reader's DMA may come at any time, and sees each word whole.
template <order O = order::relaxed, class T>
RK_DEVICE void publish(T& field, T value) {
  atomic_store<O, scope::system>(field, value);
}

RK_DEVICE inline bool records(const actor& self) {
  return self.leader && self.view.level != instrumentation::off;
}

/// The request word as it stands.
RK_DEVICE inline std::uint64_t pending_requests(const actor& self) {
  return atomic_load<order::relaxed, scope::system>(self.view.requests->request.word);
}

/// Steps that this actor will have completed at its next safe point.
RK_DEVICE inline std::uint64_t completed_steps() {
  return leaders().safe_points - leaders().extra_points;
}

/// Called by the leader: its arrivals so far count for all generations to come.
RK_DEVICE inline void leave_barrier(abi::barrier_record& at, std::uint64_t generation) {
  atomic_add<order::relaxed, scope::device>(at.left_arrivals, generation);
  atomic_add<order::release, scope::device>(at.left, std::uint64_t{1});
}

/// Whether the calling thread keeps each single event.
RK_DEVICE inline bool keeps_everything(const actor& self) {
  return self.leader && self.view.level == instrumentation::everything;
}

RK_DEVICE inline void record_progress(const actor& self) {
  const std::uint64_t steps = completed_steps();
  const std::uint64_t now = clock_ns();
  publish(self.record->progress, steps);
  publish(self.record->heartbeat_ns, now);
  if (self.view.level >= instrumentation::flight_recorder) {
    keep_event(abi::event_kind::step, 0, steps, now);
  }
}

/// Called by all threads, for what happens often.
RK_DEVICE inline void keep_if_everything(const actor& self, abi::event_kind what,
                                         std::uint32_t object, std::uint64_t value) {
  if (keeps_everything(self)) keep_event(what, object, value, clock_ns());
}

/// Called by the leader, once.
RK_DEVICE inline void open_events(const actor& self) {
  event_log& log = events();
  log = {};
  if (self.view.level < instrumentation::flight_recorder) return;
  const abi::bindings& bound = *self.view.bound;
  log.ring = bound.events + self.index * (bound.event_mask + 1);
  log.mask = bound.event_mask;
  log.counter = &self.record->events;
  log.count = atomic_load<order::relaxed, scope::system>(self.record->events);
}

}  // namespace detail

namespace detail {

/// The block's own word for a wait that failed: once one has, the actor is to end. A barrier and a
/// look at it are quicker than a barrier that carries a bit.
RK_DEVICE inline status& block_failure() {
  __shared__ status failure;
  return failure;
}

}  // namespace detail

/// Registers the calling block as an actor. Call once, before the first safe point. In a kernel
/// that was preempted and is resumed, steps are counted on from where they were.
[[nodiscard]] RK_DEVICE inline actor start(const device_view& view) {
  actor self{};
  self.view = view;
  self.index = linear_block_index();
  self.record = view.actors + self.index;
  self.leader = linear_thread_index() == 0;
  if (self.leader) {
    detail::block_failure() = status::ok;
    detail::leader_state& own = detail::leaders();
    own = {};
    own.at_grid.present = view.actor_count;
    own.who = {self.record, view.requests, view.wait_deadline_ns,
               view.level != instrumentation::off, view.sync == synchrony::independent};
    own.safe_points = atomic_load<order::relaxed, scope::system>(self.record->progress);
    own.steps_before = own.safe_points;
    own.over = atomic_load<order::relaxed, scope::system>(self.record->state) ==
               abi::actor_state::finished;
  }
  if (self.leader) detail::open_events(self);
  if (detail::records(self)) {
    const std::uint64_t now = clock_ns();
    detail::publish(self.record->started_ns, now);
    detail::publish(self.record->heartbeat_ns, now);
    detail::publish(self.record->processor, processor_index());
    detail::publish(self.record->state, abi::actor_state::running);
    if (detail::keeps_events()) {
      detail::keep_event(abi::event_kind::started, processor_index(), detail::leaders().safe_points,
                         now);
    }
  }
  block_sync();
  return self;
}

/// True if the loop was left since the GPU is wanted for something else: the kernel goes on later,
/// launched again. The same in all threads of a block. What the next launch needs must be in
/// symbols by the time of `finish`.
[[nodiscard]] RK_DEVICE inline bool preempted(const actor& self) {
  return self.preempted;
}

namespace detail {

/// Whether an actor that ends now leaves its barriers. One that comes back does not; nor does one
/// that failed: the others would go on without what it should have done, so their waits end by
/// their deadline, or by the abort.
RK_DEVICE inline bool leaves_in_order(const actor& self) {
  return !self.preempted && self.last == status::ok &&
         !abi::asks(pending_requests(self), abi::request::abort);
}

/// Opens a meeting to which everybody has come: what is to be done is what hosts ask for now, if
/// they still do. Called by one leader; nobody else changes the word meanwhile.
RK_DEVICE inline void open_meeting(const actor& self, std::uint64_t came) {
  abi::kernel_control& control = *self.view.control;
  const std::uint64_t& asked = self.view.requests->request.word;
  const std::uint64_t number =
      abi::requested_operation(atomic_load<order::acquire, scope::system>(asked));
  const std::uint64_t known =
      atomic_load<order::relaxed, scope::device>(control.agreement.operation);
  bool is_off = number <= known;
  if (!is_off) {
    atomic_store<order::relaxed, scope::device>(control.agreement.operation, number);
    // A host that takes it back, and then looks whether it was agreed on, sees that it was, or is
    // seen here.
    fence<order::seq_cst, scope::system>();
    is_off = abi::requested_operation(atomic_load<order::relaxed, scope::system>(asked)) != number;
  }
  atomic_store<order::relaxed, scope::device>(control.meeting.is_off,
                                              std::uint64_t{is_off ? 1u : 0u});
  atomic_store<order::relaxed, scope::device>(control.meeting.ticket, std::uint64_t{0});
  atomic_add<order::acq_rel, scope::device>(control.meeting.word, abi::one_more_meeting - came);
}

/// Meetings need not wait for this actor any more; it may be the last one that they waited for.
RK_DEVICE inline void leave_meetings(const actor& self) {
  abi::meeting_line& meeting = self.view.control->meeting;
  const std::uint64_t seen =
      atomic_add<order::acq_rel, scope::device>(meeting.word, abi::one_more_ended);
  const std::uint64_t came = abi::came(seen);
  if (came != 0 && came + abi::ended(seen) + 1 == self.view.actor_count) open_meeting(self, came);
}

/// Nobody need wait for this actor any more. Called by the leader.
RK_DEVICE inline void leave_kernel(actor& self) {
  abi::kernel_control& control = *self.view.control;
  if (self.view.sync == synchrony::independent) {
    atomic_add<order::acq_rel, scope::device>(control.parking.parked, std::uint64_t{1});
    leave_meetings(self);
  } else if (self.index == 0) {
    // Who agreed on requests is gone: each goes by what it sees, once what was agreed is done.
    const std::uint64_t agreed = atomic_load<order::relaxed, scope::device>(control.agreement.word);
    atomic_store<order::release, scope::device>(control.agreement.word,
                                                agreed | abi::agreed_no_more);
  }
  // Whoever decides for all waits for nobody who has ended to hear of it.
  atomic_store<order::release, scope::device>(self.view.bound->actors[self.index].outcomes,
                                              abi::hears_no_more);
  if (leaves_in_order(self)) leave_barrier(control.grid_barrier, leaders().at_grid.generation);
}

}  // namespace detail

/// Marks the calling actor as finished, as preempted, or as failed after a wait that timed out or
/// was aborted.
RK_DEVICE inline void finish(actor& self) {
  block_sync();
  if (!self.leader) return;
  if (!self.preempted) detail::leave_kernel(self);
  // At every level, since it is done once: what became of the kernel is always known.
  const std::uint64_t seen_steps = detail::completed_steps();
  // The first safe point ends no step.
  const bool has_passed_any = seen_steps != detail::leaders().steps_before;
  const std::uint64_t steps = has_passed_any ? seen_steps - 1 : seen_steps;
  if (!detail::records(self)) detail::publish(self.record->progress, steps);
  const std::uint64_t now = clock_ns();
  if (detail::keeps_events()) {
    const status end = self.preempted ? status::preempted : self.last;
    detail::keep_event(abi::event_kind::finished, static_cast<std::uint32_t>(end), steps, now);
  }
  detail::publish(self.record->finished_ns, now);
  detail::publish(self.record->exit_status, self.last);
  // Release: who sees that all have ended reads their symbols as they lie.
  detail::publish<order::release>(self.record->state,
                                  self.last != status::ok ? abi::actor_state::failed
                                  : self.preempted        ? abi::actor_state::preempted
                                                          : abi::actor_state::finished);
}

/// Keeps an event of the caller's own among the actor's latest: `object` and `value` mean what the
/// kernel's author likes. Called by any threads of a block; thread 0 writes. Does nothing below
/// instrumentation::flight_recorder.
RK_DEVICE inline void note(const actor& self, std::uint32_t object, std::uint64_t value) {
  if (self.leader && detail::keeps_events()) {
    detail::keep_event(abi::event_kind::noted, object, value, clock_ns());
  }
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
