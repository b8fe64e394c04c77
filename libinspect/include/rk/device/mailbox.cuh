#pragma once

#include <cstdint>
#include <cstring>

#include <rk/abi/compiler.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/region_copy.cuh>
#include <rk/device/tagged_word.cuh>
#include <rk/device/wait.cuh>

/// Messages between neighbours.
///
/// Each pair of neighbours has a bounded ring in each direction, so nobody shares a word with a
/// third, and what one sender sends arrives in order, once. A full ring says so; nothing is
/// overwritten or dropped.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// Keeps what could not be delivered. Called by one thread.
RK_DEVICE inline void bury(abi::dead_letter_box& box, std::uint32_t from, std::uint32_t to,
                           status reason, std::uint32_t bytes) {
  const std::uint64_t number =
      atomic_add<order::relaxed, scope::system>(box.count, std::uint64_t{1}) + 1;
  abi::dead_letter& entry = box.last[number % abi::kept_dead_letters];
  publish(entry.from, from);
  publish(entry.to, to);
  publish(entry.reason, reason);
  publish(entry.bytes, bytes);
  publish(entry.device_ns, clock_ns());
  publish<order::release>(entry.number, number);
}

}  // namespace detail

/// An actor's mailbox: ways to and from each of its neighbours, which go by their place in the
/// topology's list (in a ring 0 is the actor before, 1 the one behind).
/// ```
/// rk::mailbox<token> box(self, set);         // session.create_mailbox<token>("ring", topology)
/// token t{};
/// if (box.recv(0, t, 1'000'000) == rk::status::ok) box.send(1, t, 1'000'000);
/// ```
/// Messages of up to 64 bytes are handed over by value: `send` and `recv`, `message` being the same
/// in all threads of the block. Larger ones are written and read where they lie: `begin_send`,
/// `end_send`, `begin_recv`, `end_recv`.
///
/// All functions are called by all threads of a block, at the same place. Waits have the kernel's
/// deadline at most, leave a record, obey aborts, and where actors are independent they end with
/// `interrupted` if a host wants them at a safe point: go there and try again. Statuses besides:
/// `full` or `empty` (no wait was asked for), `timed_out` (the limit passed; no failure), `gone`
/// (the neighbour has left; to a reader, once all that it sent is taken; to a sender, once there is
/// no room), `nobody` (no such neighbour).
///
/// Make the object behind `rk::start`. When it goes out of scope neighbours learn that this actor
/// has left, unless the kernel was preempted. If symbols were replaced (rk::state_replaced), call
/// `reload`.
///
/// `MaxNeighbors` is how many an actor has at most; with more, every function returns `nobody`.
template <class T, unsigned MaxNeighbors = 6>
class mailbox {
  static constexpr std::uint32_t words_ = (sizeof(T) + 7) / 8;
  static constexpr bool is_small_ = sizeof(T) <= abi::max_tagged_bytes;

 public:
  RK_DEVICE mailbox(actor& self, const mailbox_set<T>& set) : self_(&self), set_(&set) {
    if (self.index >= set.actor_count) return;
    first_ = set.first[self.index];
    const std::uint32_t neighbors = set.first[self.index + 1] - first_;
    if (neighbors > MaxNeighbors) return;
    count_ = neighbors;
    reload();
  }
  RK_DEVICE ~mailbox() {
    if (block_sync_or(self_->leader && detail::leaves_in_order(*self_))) leave();
  }
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;

  [[nodiscard]] RK_DEVICE std::uint32_t neighbor_count() const { return count_; }
  /// Number of a neighbour in the kernel; `i` is less than neighbor_count().
  [[nodiscard]] RK_DEVICE std::uint32_t neighbor(std::uint32_t i) const {
    return set_->neighbors[first_ + i];
  }

  /// Sends, if there is room. With release order (the default) what the block wrote before is
  /// visible to the neighbour that took the message; relaxed orders nothing but the message.
  template <order O = order::release>
  RK_DEVICE status send(std::uint32_t i, const T& message) {
    return send_within<O>(i, message, 0, 0);
  }
  /// The same, waiting for room at most `limit_ns`.
  template <order O = order::release>
  RK_DEVICE status send(std::uint32_t i, const T& message, std::uint64_t limit_ns,
                        int line = __builtin_LINE()) {
    return send_within<O>(i, message, limit_ns, line);
  }

  /// Takes the next message of a neighbour, if there is one. Acquires what the sender released.
  template <order O = order::acquire>
  [[nodiscard]] RK_DEVICE status recv(std::uint32_t i, T& message) {
    return recv_within<O>(i, message, 0, 0);
  }
  /// The same, waiting for it at most `limit_ns`.
  template <order O = order::acquire>
  [[nodiscard]] RK_DEVICE status recv(std::uint32_t i, T& message, std::uint64_t limit_ns,
                                      int line = __builtin_LINE()) {
    return recv_within<O>(i, message, limit_ns, line);
  }
  /// Takes a message of any neighbour, in turns; `from` is the place of the one who sent it. `gone`
  /// once all have left.
  [[nodiscard]] RK_DEVICE status recv_any(T& message, std::uint32_t& from,
                                          std::uint64_t limit_ns = 0, int line = __builtin_LINE()) {
    if (count_ == 0) return status::nobody;
    const std::uint32_t first = next_turn_++ % count_;
    any_poll poll{*this, first};
    status result = status::ok;
    if (self_->leader) result = wait(poll, abi::wait_kind::message, self_->index, limit_ns, line);
    result = share(result, limit_ns);
    if (result != status::ok) return result;
    // The place that the leader found.
    from = broadcast(poll.found);
    return recv_within<order::acquire>(from, message, 0, line);
  }
  /// Sends `out[i]` to each neighbour i and takes one message of each into `in[i]`, in this order.
  /// If it ends with anything but ok, the next call goes on where it stopped: what was sent or
  /// taken by then is not sent or taken again.
  [[nodiscard]] RK_DEVICE status exchange(const T* out, T* in, std::uint64_t limit_ns,
                                          int line = __builtin_LINE()) {
    for (; exchanged_ < 2 * count_; ++exchanged_) {
      const status result =
          exchanged_ < count_
              ? send_within<order::release>(exchanged_, out[exchanged_], limit_ns, line)
              : recv_within<order::acquire>(exchanged_ - count_, in[exchanged_ - count_], limit_ns,
                                            line);
      if (result != status::ok) return result;
    }
    exchanged_ = 0;
    return status::ok;
  }

  /// Room for a message that is written where it will lie; null with `full` and the like in `how`.
  [[nodiscard]] RK_DEVICE T* begin_send(std::uint32_t i, status& how, std::uint64_t limit_ns = 0,
                                        int line = __builtin_LINE()) {
    static_assert(!is_small_, "rk: a message of up to 64 bytes is sent by value");
    how = await_room(i, limit_ns, line);
    return how == status::ok ? reinterpret_cast<T*>(slot(first_ + i, sent_[i]) + flag_bytes_)
                             : nullptr;
  }
  /// Hands over what begin_send gave room for, once all threads of the block have written it.
  RK_DEVICE void end_send(std::uint32_t i) {
    static_assert(!is_small_);
    block_sync();
    if (self_->leader) {
      note_sent(i);
      auto& flag = *reinterpret_cast<std::uint64_t*>(slot(first_ + i, sent_[i]));
      atomic_store<order::release, scope::device>(flag, sent_[i] + 1);
    }
    ++sent_[i];
  }
  /// The next message of a neighbour, where it lies, until end_recv; null with `empty` and the
  /// like.
  [[nodiscard]] RK_DEVICE const T* begin_recv(std::uint32_t i, status& how,
                                              std::uint64_t limit_ns = 0,
                                              int line = __builtin_LINE()) {
    static_assert(!is_small_, "rk: a message of up to 64 bytes is taken by value");
    if (i >= count_) return how = status::nobody, nullptr;
    how = status::ok;
    if (self_->leader) {
      message_poll poll{*this, i};
      how = wait(poll, abi::wait_kind::message, neighbor(i), limit_ns, line);
    }
    how = share(how, limit_ns);
    return how == status::ok
               ? reinterpret_cast<const T*>(slot(incoming(i), taken_[i]) + flag_bytes_)
               : nullptr;
  }
  /// Gives the room back, once all threads of the block have done with the message.
  RK_DEVICE void end_recv(std::uint32_t i) {
    static_assert(!is_small_);
    block_sync();
    finish_recv(i);
  }

  /// Neighbours learn that this actor neither sends nor takes any more.
  RK_DEVICE void leave() {
    block_sync();
    for (std::uint32_t i = 0; self_->leader && i < count_; ++i) {
      detail::publish<order::release>(outgoing(i).sender_left, std::uint64_t{1});
      detail::publish<order::release>(set_->channels[incoming(i)].reader_left, std::uint64_t{1});
    }
    count_ = 0;
  }
  /// Goes on from where the channels are.
  RK_DEVICE void reload() {
    for (std::uint32_t i = 0; i < count_; ++i) {
      sent_[i] = atomic_load<order::relaxed, scope::device>(outgoing(i).sent);
      credit_[i] = atomic_load<order::acquire, scope::device>(outgoing(i).credit);
      high_water_[i] = atomic_load<order::relaxed, scope::device>(outgoing(i).high_water);
      taken_[i] = atomic_load<order::relaxed, scope::device>(set_->channels[incoming(i)].taken);
    }
  }

 private:
  static constexpr std::uint32_t flag_bytes_ = 16;

  [[nodiscard]] RK_DEVICE abi::mail_channel& outgoing(std::uint32_t i) const {
    return set_->channels[first_ + i];
  }
  [[nodiscard]] RK_DEVICE std::uint32_t incoming(std::uint32_t i) const {
    return set_->incoming[first_ + i];
  }
  /// There are twice as many as messages, since the reader hands them back late.
  [[nodiscard]] RK_DEVICE std::byte* slot(std::uint32_t channel, std::uint64_t position) const {
    const std::uint64_t slots = std::uint64_t{2} * set_->depth;
    return set_->slots + (channel * slots + (position & (slots - 1))) * set_->slot_bytes;
  }
  [[nodiscard]] RK_DEVICE abi::tagged_word* tagged_slot(std::uint32_t channel,
                                                        std::uint64_t position) const {
    return reinterpret_cast<abi::tagged_word*>(slot(channel, position));
  }

  /// Whether the message at `taken_[i]` is there, as a leader's poll sees it.
  [[nodiscard]] RK_DEVICE bool is_there(std::uint32_t i) const {
    const std::uint64_t tag = taken_[i] + 1;
    if constexpr (is_small_) {
      const abi::tagged_word* words = tagged_slot(incoming(i), taken_[i]);
      for (std::uint32_t w = 0; w < words_; ++w) {
        if (detail::load_tagged(words[w]).tag != tag) return false;
      }
      return true;
    } else {
      const auto& flag = *reinterpret_cast<const std::uint64_t*>(slot(incoming(i), taken_[i]));
      return atomic_load<order::acquire, scope::device>(flag) == tag;
    }
  }
  [[nodiscard]] RK_DEVICE bool sender_left(std::uint32_t i) const {
    return atomic_load<order::acquire, scope::device>(set_->channels[incoming(i)].sender_left) != 0;
  }

  struct message_poll {
    const mailbox& box;
    std::uint32_t i;
    status end = status::ok;  ///< why it is over, if it is not for a message
    RK_DEVICE bool operator()(unsigned) {
      if (box.is_there(i)) return true;
      // All that it sent before it left is there once that is seen.
      if (box.sender_left(i) && !box.is_there(i)) end = status::gone;
      return end != status::ok;
    }
    std::uint64_t observed = 0;
    RK_DEVICE std::uint64_t expected() const { return box.taken_[i] + 1; }
  };
  struct any_poll {
    const mailbox& box;
    std::uint32_t found;
    status end = status::ok;
    RK_DEVICE bool operator()(unsigned) {
      std::uint32_t away = 0;
      for (std::uint32_t n = 0; n < box.count_;
           ++n, found = found + 1 == box.count_ ? 0 : found + 1) {
        if (box.is_there(found)) return true;
        if (box.sender_left(found) && !box.is_there(found)) ++away;
      }
      if (away == box.count_) end = status::gone;
      return end != status::ok;
    }
    std::uint64_t observed = 0;
    RK_DEVICE std::uint64_t expected() const { return 1; }
  };
  struct room_poll {
    mailbox& box;
    std::uint32_t i;
    status end = status::ok;
    RK_DEVICE bool operator()(unsigned) {
      abi::mail_channel& channel = box.outgoing(i);
      const std::uint64_t depth = box.set_->depth;
      const std::uint64_t taken = atomic_load<order::relaxed, scope::device>(channel.taken);
      // Acquired, and so far that a slot which is used again was handed back.
      const std::uint64_t credit = atomic_load<order::acquire, scope::device>(channel.credit);
      if (box.sent_[i] - taken < depth && taken - credit <= depth) {
        box.credit_[i] = taken;
        return true;
      }
      if (atomic_load<order::acquire, scope::device>(channel.reader_left) != 0) end = status::gone;
      return end != status::ok;
    }
    std::uint64_t observed = 0;
    RK_DEVICE std::uint64_t expected() const { return box.sent_[i] + 1 - box.set_->depth; }
  };

  /// The leader's part of a wait; with no limit it looks once.
  template <class Poll>
  [[nodiscard]] RK_DEVICE status wait(Poll& poll, abi::wait_kind kind, std::uint32_t object,
                                      std::uint64_t limit_ns, int line) const {
    if (limit_ns == 0) {
      if (!poll(1)) return kind == abi::wait_kind::room ? status::full : status::empty;
      return poll.end;
    }
    const status result =
        detail::wait_for<detail::yields_to::requests>(*self_, kind, object, line, limit_ns, poll);
    return result == status::ok ? poll.end : result;
  }
  /// Gives the leader's status to all threads; only failures count against the actor.
  [[nodiscard]] RK_DEVICE status share(status leaders, std::uint64_t limit_ns) {
    if (!block_sync_or(self_->leader && leaders != status::ok)) return status::ok;
    const status shared = static_cast<status>(broadcast(static_cast<std::uint32_t>(leaders)));
    const bool is_failure = shared == status::aborted || (shared == status::timed_out &&
                                                          limit_ns >= self_->view.wait_deadline_ns);
    if (is_failure && self_->last == status::ok) self_->last = shared;
    return shared;
  }
  /// A value of the leader's.
  [[nodiscard]] RK_DEVICE std::uint32_t broadcast(std::uint32_t value) const {
    __shared__ std::uint32_t shared;
    block_sync();
    if (self_->leader) shared = value;
    block_sync();
    return shared;
  }

  [[nodiscard]] RK_DEVICE status await_room(std::uint32_t i, std::uint64_t limit_ns, int line) {
    if (i >= count_) {
      if (self_->leader) {
        detail::bury(*set_->dead_letters, self_->index, i, status::nobody, sizeof(T));
      }
      return status::nobody;
    }
    status result = status::ok;
    // As far as the sender knows; the reader need not be asked while there is room.
    if (self_->leader && sent_[i] - credit_[i] >= set_->depth) {
      room_poll poll{*this, i};
      result = wait(poll, abi::wait_kind::room, neighbor(i), limit_ns, line);
      if (result == status::full || result == status::timed_out) {
        detail::publish(outgoing(i).rejected, outgoing(i).rejected + 1);
      }
      if (result == status::gone) {
        detail::bury(*set_->dead_letters, self_->index, neighbor(i), result, sizeof(T));
      }
    }
    return share(result, limit_ns);
  }
  RK_DEVICE void note_sent(std::uint32_t i) {
    abi::mail_channel& channel = outgoing(i);
    const std::uint64_t under_way = sent_[i] + 1 - credit_[i];
    if (under_way > high_water_[i]) detail::publish(channel.high_water, high_water_[i] = under_way);
    if (sent_[i] % abi::sampled_messages == 0) {  // the reader counts from 1
      detail::publish(channel.sampled_ns, clock_ns());
      detail::publish<order::release>(channel.sampled, sent_[i] + 1);
    }
    detail::publish(channel.sent, sent_[i] + 1);
  }

  template <order O>
  [[nodiscard]] RK_DEVICE status send_within(std::uint32_t i, const T& message,
                                             std::uint64_t limit_ns, int line) {
    static_assert(is_small_, "rk: larger than 64 bytes: begin_send and end_send");
    static_assert(O == order::release || O == order::relaxed);
    // Its block barrier orders the block's writes before the fences below.
    const status room = await_room(i, limit_ns, line);
    if (room != status::ok) return room;
    const index3 e = block_extent();
    abi::tagged_word* words = tagged_slot(first_ + i, sent_[i]);
    for (std::uint32_t w = linear_thread_index(); w < words_; w += e.x * e.y * e.z) {
      std::uint64_t word = 0;
      const std::uint32_t left = static_cast<std::uint32_t>(sizeof(T)) - w * 8;
      std::memcpy(&word, reinterpret_cast<const std::byte*>(&message) + w * 8, left < 8 ? left : 8);
      if constexpr (O == order::release) fence<order::acq_rel, scope::device>();
      detail::store_tagged(words[w], sent_[i] + 1, word);
    }
    if (self_->leader) note_sent(i);
    ++sent_[i];
    return status::ok;
  }

  template <order O>
  [[nodiscard]] RK_DEVICE status recv_within(std::uint32_t i, T& message, std::uint64_t limit_ns,
                                             int line) {
    static_assert(is_small_, "rk: larger than 64 bytes: begin_recv and end_recv");
    static_assert(O == order::acquire || O == order::relaxed);
    if (i >= count_) return status::nobody;
    // Two of them: who reads the one is not disturbed by who fills the other for the next message.
    __shared__ std::uint64_t turns[2][words_];
    std::uint64_t* shared = turns[self_->mail_turn++ % 2];
    const bool is_missing = !take_words<O>(i, shared, quick_polls_for(limit_ns));
    if (block_sync_or(is_missing)) {
      status result = status::ok;
      if (self_->leader) {
        message_poll poll{*this, i};
        result = wait(poll, abi::wait_kind::message, neighbor(i), limit_ns, line);
      }
      result = share(result, limit_ns);
      if (result != status::ok) return result;
      (void)take_words<O>(i, shared, 1);
      block_sync();
    }
    finish_recv(i);
    std::memcpy(&message, shared, sizeof message);
    return status::ok;
  }
  [[nodiscard]] RK_DEVICE static unsigned quick_polls_for(std::uint64_t limit_ns) {
    return limit_ns == 0 ? 1 : quick_polls + 1;
  }
  /// Each thread its share of the words; false if one is not there.
  template <order O>
  [[nodiscard]] RK_DEVICE bool take_words(std::uint32_t i, std::uint64_t* to,
                                          unsigned polls) const {
    const index3 e = block_extent();
    const abi::tagged_word* words = tagged_slot(incoming(i), taken_[i]);
    for (std::uint32_t w = linear_thread_index(); w < words_; w += e.x * e.y * e.z) {
      abi::tagged_word seen = detail::load_tagged(words[w]);
      for (unsigned p = 1; p < polls && seen.tag != taken_[i] + 1; ++p) {
        seen = detail::load_tagged(words[w]);
      }
      if (seen.tag != taken_[i] + 1) return false;
      to[w] = seen.word;
      // The block barrier hands on what this thread acquired.
      if constexpr (O == order::acquire) fence<order::acq_rel, scope::device>();
    }
    return true;
  }
  /// Behind a block barrier that came after the last look at the slot: gives it back.
  RK_DEVICE void finish_recv(std::uint32_t i) {
    const std::uint64_t number = ++taken_[i];
    if (!self_->leader) return;
    abi::mail_channel& channel = set_->channels[incoming(i)];
    if (number % abi::sampled_messages == 1) note_queueing(channel, number);
    detail::publish(channel.taken, number);
    // Not each time: a release waits for all that the block has stored.
    const std::uint64_t quarter = set_->depth < 4 ? 1 : set_->depth / 4;
    if ((number & (quarter - 1)) == 0) {
      atomic_store<order::release, scope::device>(channel.credit, number);
    }
  }
  RK_DEVICE static void note_queueing(abi::mail_channel& channel, std::uint64_t number) {
    if (atomic_load<order::acquire, scope::device>(channel.sampled) != number) return;
    const std::uint64_t sent_ns = atomic_load<order::relaxed, scope::device>(channel.sampled_ns);
    const std::uint64_t now = clock_ns();
    detail::publish(channel.queued_ns, now > sent_ns ? now - sent_ns : 0);
  }

  actor* self_;
  const mailbox_set<T>* set_;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;             ///< 0 once it has left
  std::uint32_t next_turn_ = 0;         ///< of neighbours, in recv_any
  std::uint32_t exchanged_ = 0;         ///< parts of an exchange that were done when it ended early
  std::uint64_t sent_[MaxNeighbors];    ///< positions; the same in all threads
  std::uint64_t credit_[MaxNeighbors];  ///< what the reader is known to have taken; leader's
  std::uint64_t taken_[MaxNeighbors];
  std::uint64_t high_water_[MaxNeighbors];
};

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
