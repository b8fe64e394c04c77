#pragma once

#include <cstddef>
#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/tagged_word.cuh>
#include <rk/device/wait.cuh>

/// The two ends of a channel, and waiting at them. See abi::mail_channel for the protocol. All
/// functions are called by one thread.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// Mailboxes that an actor has at once.
inline constexpr unsigned max_mailboxes = 4;

/// The end that sends.
struct mail_sender {
  std::uint64_t sent;        ///< messages so far; position of the next
  std::uint64_t known;       ///< of them the reader is known to have taken
  std::uint64_t high_water;  ///< as recorded
  std::uint64_t looked_at;   ///< messages sent when the reader was asked last; 0: it is taken in
  std::uint64_t seen;        ///< what it had taken then
};

/// Larger messages have twice as many slots, since the reader hands them back late.
RK_DEVICE inline std::byte* mail_slot(const abi::mailbox_handle& set, std::uint32_t channel,
                                      std::uint64_t position) {
  const std::uint64_t slots = abi::slots_per_channel(set.message_bytes, set.depth);
  return set.slots + (channel * slots + (position & (slots - 1))) * set.slot_bytes;
}

/// Whether the message at this position is there. Acquires a larger one, not a small one.
[[nodiscard]] RK_DEVICE inline bool is_there(const abi::mailbox_handle& set, std::uint32_t channel,
                                             std::uint64_t position) {
  const std::byte* slot = mail_slot(set, channel, position);
  if (!abi::is_small(set.message_bytes)) {
    const auto& flag = *reinterpret_cast<const std::uint64_t*>(slot);
    return atomic_load<order::acquire, scope::device>(flag) == position + 1;
  }
  const auto* words = reinterpret_cast<const abi::tagged_word*>(slot);
  RK_NO_UNROLL
  for (std::uint32_t w = 0; w < set.slot_bytes / sizeof(abi::tagged_word); ++w) {
    if (load_tagged<order::relaxed, scope::device>(words[w]).tag != position + 1) return false;
  }
  return true;
}

/// Asks how much the reader has taken. What is known of larger messages is known only if their
/// slots were handed back.
RK_DEVICE inline void look_at_reader(const abi::mailbox_handle& set, const abi::mail_channel& c,
                                     mail_sender& end) {
  if (abi::is_small(set.message_bytes)) {
    end.known = atomic_load<tagged_reuse_load, scope::device>(c.taken);
    return;
  }
  const std::uint64_t taken = atomic_load<order::relaxed, scope::device>(c.taken);
  const std::uint64_t credit = atomic_load<order::acquire, scope::device>(c.credit);
  if (taken - credit <= set.depth) end.known = taken;
}

/// Takes in what the reader was asked for with an earlier message: the answer has come meanwhile,
/// while who uses it at once waits for a trip to memory.
RK_DEVICE inline void take_in(abi::mail_channel& c, mail_sender& end) {
  if (end.looked_at == 0) return;
  if (end.seen > end.known) end.known = end.seen;
  const std::uint64_t under_way = end.looked_at - end.seen;
  end.looked_at = 0;
  if (under_way > end.high_water) publish(c.high_water, end.high_water = under_way);
}

/// For tools: one more is sent. Asks the reader only if there may be more under way than ever.
RK_DEVICE inline void note_sent(const abi::mailbox_handle& set, abi::mail_channel& c,
                                mail_sender& end) {
  publish(c.sent, end.sent);
  if (end.sent % abi::sampled_messages == 1) {
    publish(c.sampled_ns, clock_ns());
    atomic_store<order::release, scope::device>(c.sampled, end.sent);
  }
  take_in(c, end);
  if (end.sent - end.known <= end.high_water) return;
  if (abi::is_small(set.message_bytes)) {
    end.seen = atomic_load<tagged_reuse_load, scope::device>(c.taken);
    end.looked_at = end.sent;
    return;
  }
  look_at_reader(set, c, end);
  const std::uint64_t under_way = end.sent - end.known;
  if (under_way > end.high_water) publish(c.high_water, end.high_water = under_way);
}

/// How long a sampled message lay in the mailbox.
RK_DEVICE inline void note_queueing(abi::mail_channel& c, std::uint64_t number) {
  if (atomic_load<order::acquire, scope::device>(c.sampled) != number) return;
  const std::uint64_t sent_ns = atomic_load<order::relaxed, scope::device>(c.sampled_ns);
  const std::uint64_t now = clock_ns();
  publish(c.queued_ns, now > sent_ns ? now - sent_ns : 0);
}

/// Message number `number` (from 1) is taken, behind a block barrier that came after the last look
/// at its slot.
RK_DEVICE inline void note_taken(const abi::mailbox_handle& set, abi::mail_channel& c,
                                 std::uint64_t number) {
  if (abi::is_small(set.message_bytes)) {
    atomic_store<tagged_reuse_store, scope::device>(c.taken, number);
  } else {
    publish(c.taken, number);
    // Not each time: a release waits for all that the block has stored.
    const std::uint64_t quarter = set.depth < 4 ? 1 : set.depth / 4;
    if ((number & (quarter - 1)) == 0) {
      atomic_store<order::release, scope::device>(c.credit, number);
    }
  }
  if (number % abi::sampled_messages == 1) note_queueing(c, number);
}

/// Keeps what could not be delivered.
RK_DEVICE RK_NOINLINE void bury(abi::dead_letter_box& box, std::uint32_t from, std::uint32_t to,
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

/// What a leader waits for in a mailbox. All parts of a wait come by value: taking the address of
/// an actor or a mailbox would keep them out of registers everywhere else.
struct mail_wait {
  std::uint32_t index;  ///< of the actor
  abi::mailbox_handle set;
  std::uint64_t limit_ns;
  int line;
  std::uint32_t first;  ///< channel of the actor's first neighbour
  std::uint32_t count;

  [[nodiscard]] RK_DEVICE std::uint32_t way_in(std::uint32_t i) const {
    return set.incoming[first + i];
  }
  [[nodiscard]] RK_DEVICE const abi::mail_channel& in(std::uint32_t i) const {
    return set.channels[way_in(i)];
  }

  template <class Poll>
  [[nodiscard]] RK_DEVICE status wait(Poll& poll, abi::wait_kind kind, std::uint32_t object) const {
    return wait_or_look(kind, object, line, limit_ns, poll);
  }
};

/// Waits for room for a message to neighbour `i`; `end` is what the sender knows then.
RK_DEVICE RK_NOINLINE status wait_for_room(const mail_wait w, std::uint32_t i, mail_sender& end) {
  struct {
    const mail_wait& w;
    abi::mail_channel& c;
    mail_sender& sender;
    status end = status::ok;  ///< why it is over, if it is not for room
    std::uint64_t observed = 0;
    RK_DEVICE bool operator()(unsigned) {
      look_at_reader(w.set, c, sender);
      if (sender.sent - sender.known < w.set.depth) return true;
      if (atomic_load<order::acquire, scope::device>(c.reader_left) != 0) end = status::gone;
      return end != status::ok;
    }
    RK_DEVICE std::uint64_t expected() const { return sender.sent + 1 - w.set.depth; }
  } poll{w, w.set.channels[w.first + i], end};
  take_in(poll.c, end);
  const std::uint32_t neighbor = w.set.neighbors[w.first + i];
  const status result = w.wait(poll, abi::wait_kind::room, neighbor);
  if (result == status::full || result == status::timed_out) {
    publish(poll.c.rejected, poll.c.rejected + 1);
  }
  if (result == status::gone) {
    bury(*w.set.dead_letters, w.index, neighbor, result, w.set.message_bytes);
  }
  return result;
}

/// Waits for the message of neighbour `i` at this position.
RK_DEVICE RK_NOINLINE status wait_for_message(const mail_wait w, std::uint32_t i,
                                              std::uint64_t position) {
  struct {
    const mail_wait& w;
    std::uint32_t i;
    std::uint64_t position;
    status end = status::ok;
    std::uint64_t observed = 0;
    RK_DEVICE bool operator()(unsigned) {
      if (is_there(w.set, w.way_in(i), position)) return true;
      // All that it sent before it left is there once that is seen.
      const bool has_left = atomic_load<order::acquire, scope::device>(w.in(i).sender_left) != 0;
      if (has_left && !is_there(w.set, w.way_in(i), position)) end = status::gone;
      return end != status::ok;
    }
    RK_DEVICE std::uint64_t expected() const { return position + 1; }
  } poll{w, i, position};
  return w.wait(poll, abi::wait_kind::message, w.set.neighbors[w.first + i]);
}

/// Waits for a message of any neighbour, looking from `found` on; `found` is whose it is then.
/// `taken[i * stride]` is what was taken of neighbour i.
RK_DEVICE RK_NOINLINE status wait_for_any(const mail_wait w, const std::uint64_t* taken,
                                          std::uint32_t stride, std::uint32_t& found) {
  struct {
    const mail_wait& w;
    const std::uint64_t* taken;
    std::uint32_t stride;
    std::uint32_t& found;
    status end = status::ok;
    std::uint64_t observed = 0;
    [[nodiscard]] RK_DEVICE bool has_message(std::uint32_t i) const {
      return is_there(w.set, w.way_in(i), taken[i * stride]);
    }
    RK_DEVICE bool operator()(unsigned) {
      std::uint32_t away = 0;
      RK_NO_UNROLL
      for (std::uint32_t n = 0; n < w.count; ++n) {
        if (has_message(found)) return true;
        const bool has_left =
            atomic_load<order::acquire, scope::device>(w.in(found).sender_left) != 0;
        if (has_left && !has_message(found)) ++away;
        found = found + 1 == w.count ? 0 : found + 1;
      }
      if (away == w.count) end = status::gone;
      return end != status::ok;
    }
    RK_DEVICE std::uint64_t expected() const { return 1; }
  } poll{w, taken, stride, found};
  return w.wait(poll, abi::wait_kind::message, w.index);
}

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
