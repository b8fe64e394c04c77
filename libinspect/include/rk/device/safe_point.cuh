#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/kernel_control.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/barrier.cuh>
#include <rk/device/meeting.cuh>
#include <rk/device/preemption.cuh>
#include <rk/device/region_copy.cuh>

/// The second of the three calls: where state is consistent and requests are honoured.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// Words that tell a leader what is wanted, read together: each is a trip to memory.
struct seen_words {
  std::uint64_t pending;
  std::uint64_t agreed;
};

RK_DEVICE inline seen_words look(const actor& self) {
  const std::uint64_t pending = pending_requests(self);
  if (self.view.sync == synchrony::independent) return {pending, 0};
  return {pending, atomic_load<order::relaxed, scope::device>(self.view.control->agreement.word)};
}

/// Actor 0 names the safe point at which what hosts ask for now is done: the next one of which all
/// actors hear in time.
RK_DEVICE inline void agree(actor& self, seen_words seen) {
  const bool is_past = seen.agreed == 0 || leaders().safe_points > abi::agreement_step(seen.agreed);
  if (!is_past) return;
  std::uint64_t pending = seen.pending;
  if (abi::requested_operation(pending) > leaders().operation) {
    // Acquire: what the operation is, which its writer released with the word, goes with the
    // agreement to all actors.
    pending = atomic_load<order::acquire, scope::system>(self.view.requests->request.word);
  }
  const std::uint64_t lasting = abi::requested_bits(pending) & abi::agreed_requests;
  const std::uint64_t number = abi::requested_operation(pending);
  const bool operate = number > leaders().operation;
  const bool is_news = lasting != (abi::agreement_bits(seen.agreed) & abi::lasting_requests);
  if (!operate && !is_news) return;
  abi::agreement_line& agreement = self.view.control->agreement;
  if (operate) {
    leaders().operation = number;
    atomic_store<order::relaxed, scope::device>(agreement.operation, number);
  }
  const std::uint64_t bits = lasting | (operate ? abi::agreed_operation : 0);
  atomic_store<order::relaxed, scope::device>(
      agreement.word, abi::make_agreement(leaders().safe_points + self.view.lookahead, bits));
  leaders().has_agreed = true;
  // A host that takes the operation back (write_word, then a look) sees that it was agreed on, or
  // actor 0 sees in time that it was taken back (decide).
  if (operate) fence<order::seq_cst, scope::system>();
}

/// Bits of the agreement to act on at this safe point. Called by the leader alone.
RK_DEVICE inline std::uint64_t due(actor& self, seen_words seen) {
  if (self.view.sync == synchrony::independent) {
    std::uint64_t bits = seen.pending & abi::independent_requests;
    if (abi::requested_operation(seen.pending) > leaders().operation) bits |= abi::agreed_operation;
    return leaders().over ? abi::bits(abi::request::stop) : bits;
  }
  if (self.index == 0) agree(self, seen);
  const std::uint64_t step = abi::agreement_step(seen.agreed);
  const std::uint64_t bits = abi::agreement_bits(seen.agreed);
  std::uint64_t result = seen.pending & abi::bits(abi::request::abort);
  if (leaders().safe_points >= step) {
    result |= bits & abi::lasting_requests;
    if ((bits & abi::agreed_no_more) != 0) result |= seen.pending & abi::agreed_requests;
  }
  if (leaders().safe_points == step) result |= bits & abi::agreed_operation;
  return result;
}

/// Actor 0 looks once more: what was taken back until now is not done. The barrier that follows
/// carries the decision to all others, as it carried the agreement.
RK_DEVICE inline void decide(const actor& self) {
  if (!self.leader || self.index != 0) return;
  const std::uint64_t pending = pending_requests(self);
  if (abi::requested_operation(pending) == leaders().operation) return;
  std::uint64_t& word = self.view.control->agreement.word;
  const std::uint64_t agreed = atomic_load<order::relaxed, scope::device>(word);
  atomic_store<order::relaxed, scope::device>(word, agreed | abi::agreed_cancellation);
}

RK_DEVICE inline void record_operation(const actor& self, std::uint64_t number, std::uint64_t begin,
                                       std::uint64_t end) {
  if (!self.leader) return;
  abi::operation_record& record = self.record->operation;
  publish(record.step, completed_steps() - 1);
  publish(record.begin_ns, begin);
  publish(record.end_ns, end);
  if (keeps_events()) {
    const bool is_done = end != 0;
    keep_event(abi::event_kind::operation, is_done ? 1 : 0, number, is_done ? end : clock_ns());
  }
  // Release, and behind a block barrier: who reads the number by a copy finds the block's share.
  publish<order::release>(record.number, number);
}

/// Carries out the operation that hosts ask for, together with all other actors. Returns false to
/// leave the loop.
///
/// The first barrier: every actor has ended its step, so nobody's share is written any more. The
/// second: every share is copied, so actors may write again. An actor that has left took no part in
/// the first: then nothing belongs to one step of all, and nothing is done.
RK_DEVICE inline bool operate(actor& self) {
  const std::uint64_t begin = clock_ns();
  decide(self);
  // Read before the barrier, so that it does not add to the pause: actor 0 acquired the word that
  // came behind it when the actors agreed, a barrier ago. A host writes it before the end only if
  // the operation was taken back; then it is cancelled below.
  const abi::operation_line& operation = self.view.requests->operation;
  const std::uint32_t flags = operation.flags;
  const std::uint32_t count = operation.region_count;
  const abi::copy_region* const regions = operation.regions;
  const abi::copy_region first = count == 0 ? abi::copy_region{} : regions[0];
  if (grid_sync(self) != status::ok) return false;
  const abi::agreement_line& agreement = self.view.control->agreement;
  const std::uint64_t number = atomic_load<order::relaxed, scope::device>(agreement.operation);
  const std::uint64_t agreed = atomic_load<order::relaxed, scope::device>(agreement.word);
  const bool is_cancelled = (abi::agreement_bits(agreed) & abi::agreed_cancellation) != 0;
  const bool is_whole = !self.leader || leaders().at_grid.present == self.view.actor_count;
  if (block_sync_or(self.leader && (is_cancelled || !is_whole))) {
    record_operation(self, number, begin, 0);
    return true;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const abi::copy_region region = i == 0 ? first : regions[i];
    copy_share(region, i, {self.view.actor_count, self.index});
  }
  if (grid_sync(self) != status::ok) return false;
  record_operation(self, number, begin, clock_ns());
  self.state_replaced = abi::has(flags, abi::operation_flag::replaces_state);
  self.preempted = abi::has(flags, abi::operation_flag::preempt);
  return !abi::has(flags, abi::operation_flag::leave);
}

/// The same among independent actors, wherever each of them is: all stay at their safe points until
/// all have come or ended. Returns false to leave the loop.
RK_DEVICE inline bool operate_alone(actor& self) {
  const std::uint64_t begin = clock_ns();
  const turnout met = come_together(self);
  if (met == turnout::nobody) return true;
  const std::uint64_t number =
      atomic_load<order::relaxed, scope::device>(self.view.control->agreement.operation);
  if (self.leader) leaders().operation = number;
  if (met == turnout::off) {
    record_operation(self, number, begin, 0);
    return true;
  }
  const block_share share = take_share(self);
  // Acquired with the word by whoever opened the meeting.
  const abi::operation_line& operation = self.view.requests->operation;
  const std::uint32_t flags = operation.flags;
  for (std::uint32_t i = 0; i < operation.region_count; ++i) {
    copy_share(operation.regions[i], i, share);
  }
  if (come_together_again(self) != status::ok) return false;
  record_operation(self, number, begin, clock_ns());
  self.state_replaced = abi::has(flags, abi::operation_flag::replaces_state);
  return !abi::has(flags, abi::operation_flag::leave);
}

/// What is rarely done at a safe point. Returns whether to stay in the loop.
RK_DEVICE RK_NOINLINE bool honour(actor& self, std::uint64_t due) {
  const bool operates = block_sync_or(self.leader && (due & abi::agreed_operation) != 0);
  const bool is_alone = self.view.sync == synchrony::independent;
  const bool stays = !operates || (is_alone ? operate_alone(self) : operate(self));
  const bool leaves = block_sync_or(
      self.leader && (abi::asks(due, abi::request::stop) || abi::asks(due, abi::request::abort)));
  if (leaves || !stays) return false;
  if (block_sync_or(self.leader && abi::asks(due, abi::request::preempt))) park(self);
  return !self.preempted;
}

RK_DEVICE inline bool pass(actor& self, std::uint64_t due) {
  self.state_replaced = false;
  if (!block_sync_or(due != 0)) return true;
  // A copy, which has an address: the actor itself stays in registers.
  actor held = self;
  const bool stays = honour(held, due);
  self.state_replaced = held.state_replaced;
  self.preempted = held.preempted;
  self.last = held.last;
  return stays;
}

}  // namespace detail

/// A place where this actor's state is consistent and requests are honoured. A block-wide barrier;
/// no barrier between blocks, unless a host asked for something that takes one.
///
/// Returns true to go on, false when the kernel was asked to end: leave the loop and call `finish`.
[[nodiscard]] RK_DEVICE inline bool safe_point(actor& self) {
  std::uint64_t due = 0;
  if (self.leader) {
    const detail::seen_words seen = detail::look(self);
    if (detail::records(self)) detail::record_progress(self);
    due = detail::due(self, seen);
    ++detail::leaders().safe_points;
  }
  return detail::pass(self, due);
}

/// A safe point that ends no step, for a place within a long one from which the kernel could go on
/// if it were launched anew. In a kernel whose actors have common safe points, all actors pass it,
/// with a grid barrier between it and the safe points before and after.
[[nodiscard]] RK_DEVICE inline bool preemption_point(actor& self) {
  std::uint64_t due = 0;
  if (self.leader) {
    due = detail::due(self, detail::look(self));
    ++detail::leaders().safe_points;
    ++detail::leaders().extra_points;
  }
  return detail::pass(self, due);
}

/// True if a host replaced symbols at the last safe point (`set`, `restore`): what the kernel keeps
/// in local variables must be read from its symbols again. The same in all threads of all blocks.
[[nodiscard]] RK_DEVICE inline bool state_replaced(const actor& self) {
  return self.state_replaced;
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
