#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/signal.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/tagged_word.cuh>
#include <rk/device/wait.cuh>

/// What actors do while they have nothing to do: they wait for signals and commands, one of them
/// looking at host memory, the others asleep most of the time.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// What ended such a wait, the same in all threads of a block.
enum class outcome_kind : std::uint32_t {
  none,
  signal,
  command,
  timed_out,
  interrupted,
  aborted,
};

struct wake {
  outcome_kind kind = outcome_kind::none;
  std::uint32_t host_flags = 0;
  std::uint32_t peer_flags = 0;
};

/// No limit but an abort.
inline constexpr std::uint64_t no_limit = ~std::uint64_t{0};

RK_DEVICE inline abi::actor_signals& own_signals(const actor& self) {
  return self.view.bound->actors[self.index];
}

/// Flags of the notifications behind `heard` that `bell` tells of; `heard` is the latest then.
template <scope S>
[[nodiscard]] RK_DEVICE std::uint32_t listen(const abi::doorbell& bell, std::uint64_t word,
                                             std::uint32_t& heard) {
  const std::uint32_t number = abi::ring_number(word);
  if (number == heard) return 0;
  std::uint32_t flags = abi::ring_flags(word);
  if (number != heard + 1) {
    // Loads of the table stay behind that of the word.
    fence<order::acquire, S>();
    flags = 0;
    RK_NO_UNROLL
    for (std::uint32_t f = 0; f < abi::signal_flags; ++f) {
      const std::uint32_t last = atomic_load<order::relaxed, S>(bell.last[f]);
      // A newer one, of which the word does not tell yet, is heard of with the next word.
      if (abi::is_behind(last, heard) && !abi::is_behind(last, number)) flags |= 1u << f;
    }
  }
  heard = number;
  return flags;
}

/// Hands on to the other actors what the doorbell in host memory said. If the lookout missed some
/// notifications, `flags` are those of all of them.
RK_DEVICE inline void relay(abi::doorbell& to, std::uint64_t word, std::uint32_t flags) {
  const std::uint32_t number = abi::ring_number(word);
  RK_NO_UNROLL
  for (std::uint32_t f = 0; f < abi::signal_flags; ++f) {
    // Perhaps raised by an earlier one; any number that nobody has heard of serves.
    if ((flags >> f & 1) != 0) atomic_store<order::relaxed, scope::device>(to.last[f], number);
  }
  atomic_store<order::release, scope::device>(to.word, abi::make_ring(number, flags));
}

/// One actor's look-out for what may come from outside; its leader's. One thread with one load on
/// its way is the quickest: two threads of a block have to wait for each other, and more loads
/// queue (measured: docs/benchmarks/h200.md).
class lookout {
 public:
  RK_DEVICE lookout(const actor& self, bool wants_host)
      : bound_(*self.view.bound),
        own_(own_signals(self)),
        index_(self.index),
        wants_host_(wants_host),
        decides_for_all_(self.view.sync != synchrony::independent) {
    heard_ = static_cast<std::uint32_t>(atomic_load<order::relaxed, scope::device>(own_.heard));
    try_to_look_out();
  }
  RK_DEVICE ~lookout() {
    if (looks_out_ && !decides_for_all_) {
      atomic_store<order::release, scope::device>(bound_.signals->lookout, std::uint64_t{0});
    }
  }
  lookout(const lookout&) = delete;
  lookout& operator=(const lookout&) = delete;

  [[nodiscard]] RK_DEVICE bool looks_out() const { return looks_out_; }
  [[nodiscard]] RK_DEVICE std::uint32_t heard() const { return heard_; }

  /// Takes the part of looking at host memory if nobody has it.
  RK_DEVICE void try_to_look_out() {
    if (looks_out_ || !wants_host_) return;
    if (decides_for_all_) {
      looks_out_ = index_ == 0;
    } else {
      std::uint64_t nobody = 0;
      looks_out_ = atomic_load<order::relaxed, scope::device>(bound_.signals->lookout) == 0 &&
                   atomic_cas<order::acq_rel, scope::device>(bound_.signals->lookout, nobody,
                                                             std::uint64_t{index_} + 1);
    }
  }

  /// Flags that hosts raised and this actor has not heard of.
  [[nodiscard]] RK_DEVICE std::uint32_t take_host_flags() {
    if (!wants_host_) return 0;
    abi::doorbell& relayed = bound_.signals->relayed;
    const std::uint64_t passed_on = atomic_load<order::acquire, scope::device>(relayed.word);
    std::uint32_t flags = listen<scope::device>(relayed, passed_on, heard_);
    if (looks_out_) {
      const abi::doorbell& bell = *bound_.host_bell;
      const std::uint64_t word = atomic_load<order::acquire, scope::system>(bell.word);
      const std::uint32_t before = heard_;
      const std::uint32_t fresh = listen<scope::system>(bell, word, heard_);
      if (heard_ != before) relay(relayed, word, fresh);
      flags |= fresh;
    }
    if (flags != 0) publish(own_.heard, std::uint64_t{heard_});
    return flags;
  }

  [[nodiscard]] RK_DEVICE std::uint32_t take_peer_flags() {
    if (atomic_load<order::relaxed, scope::device>(own_.peer_flags) == 0) return 0;
    return static_cast<std::uint32_t>(
        atomic_exchange<order::acquire, scope::device>(own_.peer_flags, std::uint64_t{0}));
  }

 private:
  const abi::bindings& bound_;
  abi::actor_signals& own_;
  std::uint32_t index_;
  std::uint32_t heard_ = 0;
  bool wants_host_;
  bool decides_for_all_;
  bool looks_out_ = false;
};

/// Whether something is asked that this actor acts on at a safe point it has not passed yet.
RK_DEVICE inline bool is_wanted_at_safe_point(const actor& self, std::uint64_t pending) {
  if (self.view.sync == synchrony::independent) return is_wanted_alone(pending);
  const std::uint64_t agreed =
      atomic_load<order::relaxed, scope::device>(self.view.control->agreement.word);
  // Actor 0 stands before safe point number safe_points.
  const bool is_to_come =
      abi::agreement_step(agreed) >= leaders().safe_points && abi::agreement_bits(agreed) != 0;
  return is_to_come || abi::requested_operation(pending) > leaders().operation ||
         (pending & abi::agreed_requests) != 0;
}

/// Why the wait must end, if it must.
RK_DEVICE inline outcome_kind why_to_end(const actor& self, std::uint64_t since,
                                         std::uint64_t limit_ns) {
  const std::uint64_t pending = pending_requests(self);
  if (abi::asks(pending, abi::request::abort)) return outcome_kind::aborted;
  if (is_wanted_at_safe_point(self, pending)) return outcome_kind::interrupted;
  if (limit_ns != no_limit && clock_ns() - since >= limit_ns) return outcome_kind::timed_out;
  return outcome_kind::none;
}

/// The record says which notification would end the wait; none if it is not for those.
RK_DEVICE inline void open_idle(const actor& self, bool wants_host, std::uint32_t heard,
                                std::uint64_t since, int line) {
  const std::uint64_t next = std::uint64_t{heard} + 1;
  open_wait(*self.record, abi::wait_kind::idle, 0, wants_host ? next : 0, heard, since, line);
}

/// Looks without a pause, as what comes soon is to find the actor; behind them the wait is one
/// that has a record.
inline constexpr unsigned quick_looks = 64;
/// Looks between those at requests.
inline constexpr unsigned looks_per_check = 16;

/// Sleeps ever longer, up to `longest_ns`.
RK_DEVICE inline void doze(unsigned attempt, std::uint32_t longest_ns) {
  if (attempt < quick_looks) return;
  const std::uint32_t grown = 32u << (attempt < 1024 ? attempt / 64 : 16u);
  sleep_ns(grown < longest_ns ? grown : longest_ns);
}

/// What a wait for outside events is after.
struct wishes {
  bool host_signals = false;
  bool peer_signals = false;
  std::uint64_t limit_ns = no_limit;
};

/// Waits until something comes. `poll()` is one look at a queue of commands; true ends the wait.
/// Called by the leader.
template <class Poll>
[[nodiscard]] RK_DEVICE wake wait_outside(const actor& self, const wishes& wanted, int line,
                                          Poll& poll) {
  wake result;
  const std::uint32_t lookout_sleep_ns = self.view.bound->lookout_sleep_ns;
  const std::uint32_t longest_sleep_ns = self.view.bound->longest_sleep_ns;
  const std::uint64_t since = clock_ns();
  bool is_open = false;
  lookout look(self, wanted.host_signals);
  RK_NO_UNROLL
  for (unsigned attempt = 1;; ++attempt) {
    if (poll()) result.kind = outcome_kind::command;
    result.host_flags = look.take_host_flags();
    if (wanted.peer_signals) result.peer_flags = look.take_peer_flags();
    if ((result.host_flags | result.peer_flags) != 0) result.kind = outcome_kind::signal;
    if (result.kind != outcome_kind::none) break;
    if (attempt % looks_per_check == 0) {
      result.kind = why_to_end(self, since, wanted.limit_ns);
      if (result.kind != outcome_kind::none) break;
      if (!is_open && attempt >= quick_looks && records(self)) {
        open_idle(self, wanted.host_signals, look.heard(), since, line);
        is_open = true;
      }
      look.try_to_look_out();
    }
    doze(attempt, poll.is_remote() || look.looks_out() ? lookout_sleep_ns : longest_sleep_ns);
  }
  if (is_open) close_wait(*self.record);
  return result;
}

/// The latest of actor 0's decisions that all others have read. It takes several trips to memory,
/// so it is not asked each time.
[[nodiscard]] RK_DEVICE RK_NOINLINE std::uint64_t latest_heard_by_all(const abi::bindings& bound,
                                                                      std::uint32_t actors) {
  constexpr std::uint32_t at_once = 16;
  std::uint64_t latest = abi::hears_no_more;
  RK_NO_UNROLL
  for (std::uint32_t first = 1; first < actors; first += at_once) {
    std::uint64_t read[at_once];
    RK_UNROLL
    for (std::uint32_t i = 0; i < at_once; ++i) {
      const std::uint32_t a = first + i < actors ? first + i : first;
      read[i] = atomic_load<tagged_reuse_load, scope::device>(bound.actors[a].outcomes);
    }
    RK_UNROLL
    for (const std::uint64_t r : read) latest = r < latest ? r : latest;
  }
  return latest;
}

/// What an outcome's tag is made of.
[[nodiscard]] RK_DEVICE inline std::uint64_t outcome_tag(std::uint64_t number, outcome_kind kind) {
  return number << 8 | static_cast<std::uint64_t>(kind);
}
[[nodiscard]] RK_DEVICE inline std::uint64_t outcome_number(std::uint64_t tag) {
  return tag >> 8;
}

/// Actor 0 tells the others what it decided. Called by its leader.
RK_DEVICE inline void tell_all(actor& self, const wake& decided, const std::uint64_t* words,
                               std::uint32_t count) {
  const abi::bindings& bound = *self.view.bound;
  const std::uint64_t number = ++leaders().outcomes;
  abi::outcome& to = bound.signals->outcomes[number % abi::outcome_count];
  // Everybody must have read what stands there.
  for (unsigned attempt = 1; number > leaders().heard_by_all + abi::outcome_count; ++attempt) {
    leaders().heard_by_all = latest_heard_by_all(bound, self.view.actor_count);
    if (abi::asks(pending_requests(self), abi::request::abort)) return;
    pause(attempt);
  }
  const std::uint64_t tag = outcome_tag(number, decided.kind);
  // What was agreed on reaches the others with what they are told next, if not by a barrier before.
  const bool has_agreed = leaders().has_agreed;
  leaders().has_agreed = false;
  if (decided.kind == outcome_kind::command) {
    RK_NO_UNROLL
    for (std::uint32_t i = 1; i < count; ++i) {
      store_tagged<order::relaxed, scope::device>(to.words[i], tag, words[i]);
    }
    if (has_agreed) fence<order::acq_rel, scope::device>();
    store_tagged<order::relaxed, scope::device>(to.words[0], tag, words[0]);
    return;
  }
  const std::uint64_t heard = atomic_load<order::relaxed, scope::device>(own_signals(self).heard);
  store_tagged<order::relaxed, scope::device>(to.words[1], tag, heard);
  // What hosts and peers released, which this actor acquired, goes on to all.
  store_tagged<order::release, scope::device>(
      to.words[0], tag, std::uint64_t{decided.peer_flags} << 32 | decided.host_flags);
}

/// One of an outcome's words, whose first one is there.
[[nodiscard]] RK_DEVICE inline std::uint64_t rest_of(const abi::outcome& from, std::uint32_t i,
                                                     std::uint64_t tag) {
  abi::tagged_word next = load_tagged<order::relaxed, scope::device>(from.words[i]);
  while (next.tag != tag) next = load_tagged<order::relaxed, scope::device>(from.words[i]);
  return next.word;
}

/// What actor 0 decided. Called by the leader of another.
[[nodiscard]] RK_DEVICE inline wake hear(actor& self, bool wants_host, std::uint64_t* words,
                                         std::uint32_t count, int line) {
  const abi::bindings& bound = *self.view.bound;
  const std::uint64_t number = ++leaders().outcomes;
  abi::outcome& from = bound.signals->outcomes[number % abi::outcome_count];
  abi::actor_signals& own = own_signals(self);
  const std::uint64_t since = clock_ns();
  bool is_open = false;
  wake result;
  abi::tagged_word first{};
  RK_NO_UNROLL
  for (unsigned attempt = 1;; ++attempt) {
    first = load_tagged<order::acquire, scope::device>(from.words[0]);
    if (outcome_number(first.tag) == number) break;
    if (attempt % looks_per_check == 0) {
      const std::uint64_t agreed =
          atomic_load<order::acquire, scope::device>(self.view.control->agreement.word);
      if ((abi::agreement_bits(agreed) & abi::agreed_no_more) != 0) {
        // What actor 0 decided before it left is there by now.
        first = load_tagged<order::acquire, scope::device>(from.words[0]);
        if (outcome_number(first.tag) == number) break;
        result.kind = outcome_kind::interrupted;
      }
      if (abi::asks(pending_requests(self), abi::request::abort)) {
        result.kind = outcome_kind::aborted;
      }
      if (result.kind != outcome_kind::none) break;
      if (!is_open && attempt >= quick_looks && records(self)) {
        open_idle(self, wants_host,
                  static_cast<std::uint32_t>(atomic_load<order::relaxed, scope::device>(own.heard)),
                  since, line);
        is_open = true;
      }
    }
    doze(attempt, bound.longest_sleep_ns);
  }
  if (result.kind == outcome_kind::none) {
    result.kind = static_cast<outcome_kind>(first.tag & 0xff);
    if (result.kind == outcome_kind::command) {
      RK_NO_UNROLL
      for (std::uint32_t i = 0; i < count; ++i) {
        words[i] = i == 0 ? first.word : rest_of(from, i, first.tag);
      }
    } else {
      result.host_flags = static_cast<std::uint32_t>(first.word);
      result.peer_flags = static_cast<std::uint32_t>(first.word >> 32);
      publish(own.heard, rest_of(from, 1, first.tag));
    }
    atomic_store<tagged_reuse_store, scope::device>(own.outcomes, number);
  }
  if (is_open) close_wait(*self.record);
  return result;
}

/// A queue that there is not.
struct no_queue {
  RK_DEVICE bool operator()() { return false; }
  [[nodiscard]] RK_DEVICE bool is_remote() const { return false; }
};

RK_DEVICE inline void note_wake(const actor& self, const wake& how) {
  abi::actor_signals& own = own_signals(self);
  if (how.kind == outcome_kind::signal) {
    publish(own.signals, own.signals + 1);
    keep_if_everything(self, abi::event_kind::woken, how.host_flags, how.peer_flags);
  }
  if (how.kind == outcome_kind::interrupted) publish(own.interrupts, own.interrupts + 1);
}

/// Waits for outside events, in kernels with common safe points all actors for the same. Called by
/// all threads of a block. `words` is the block's own memory for what a command says.
template <class Poll>
[[nodiscard]] RK_DEVICE wake await_outside(actor& self, const wishes& wanted, std::uint64_t* words,
                                           std::uint32_t count, int line, Poll& poll) {
  __shared__ wake shared;
  block_sync();
  if (self.leader) {
    const bool decides = self.view.sync == synchrony::independent || self.index == 0;
    shared = decides ? wait_outside(self, wanted, line, poll)
                     : hear(self, wanted.host_signals, words, count, line);
    if (decides && self.view.sync != synchrony::independent) {
      tell_all(self, shared, words, shared.kind == outcome_kind::command ? count : 0);
    }
    if (shared.kind != outcome_kind::command) note_wake(self, shared);
  }
  block_sync();
  const wake result = shared;
  if (result.kind == outcome_kind::aborted && self.last == status::ok) self.last = status::aborted;
  return result;
}

/// As a status: ok for a signal or a command.
RK_DEVICE inline status status_of(outcome_kind kind) {
  switch (kind) {
    case outcome_kind::none:
    case outcome_kind::signal:
    case outcome_kind::command:
      break;
    case outcome_kind::timed_out:
      return status::timed_out;
    case outcome_kind::interrupted:
      return status::interrupted;
    case outcome_kind::aborted:
      return status::aborted;
  }
  return status::ok;
}

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
