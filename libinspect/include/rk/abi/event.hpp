#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/compiler.hpp>
#include <rk/abi/tagged_word.hpp>

namespace rk::abi {

/// What happened to an actor. Up to `noted`: kept from `instrumentation::flight_recorder` on; the
/// others by `instrumentation::everything` alone.
///
/// Steps go on in a kernel that was preempted and resumed, and so do generations but those of the
/// grid barrier; the barrier that an actor had passed last may be told once more.
enum class event_kind : std::uint16_t {
  none = 0,
  started = 1,    ///< `object`: its processor; `value`: steps it had completed before
  step = 2,       ///< a safe point; `value`: steps completed
  waiting = 3,    ///< long enough for a wait record; `object`: wait_kind; `value`: its object
  waited = 4,     ///< the end of that, unless it failed; `object`: wait_kind; `value`: how long, ns
  operation = 5,  ///< `object`: 1: its share is done, 0: it was taken back; `value`: the number
  finished = 6,   ///< `object`: status; `value`: steps completed
  noted = 7,      ///< rk::note of the kernel's author; `object` and `value` are theirs
  met = 8,        ///< past a barrier; `object`: wait_kind; `value`: generation
  sent = 9,  ///< `object`: the neighbour's place in the mailbox's list, or number of the inbox;
             ///< `value`: messages that way so far, in an inbox of all senders
  received = 10,  ///< `object`: the neighbour's place, or the block of who wrote; `value`: so far
  woken = 11,     ///< by signals; `object`: flags of hosts; `value`: flags of peers
  commanded = 12  ///< `value`: number of the command, from 1
};

/// One entry of an actor's ring of events: entry `number % capacity`.
///
/// Protocol: the actor's leader thread is the only writer; it stores each half at once (on the CPU
/// back-end its two words in turn, which x86 keeps in order), and then counts the event in its
/// record (actor_record::events). A reader copies the ring, reads the count after it, and believes
/// the entries whose halves agree (`number`, `check`) and of which the count says that they have
/// not been written over since: those behind count - capacity + 1.
struct alignas(16) event {
  std::uint64_t number;  ///< from 1 on, over all launches of the kernel
  std::uint64_t at_ns;   ///< device clock
  std::uint16_t check;   ///< the number's low bits
  event_kind what;
  std::uint32_t object;
  std::uint64_t value;
};
static_assert(sizeof(event) == 2 * sizeof(tagged_word) && offsetof(event, check) == 16);
static_assert(std::is_trivially_copyable_v<event> && std::is_standard_layout_v<event>);

/// In `object` of `sent` and `received`: of every neighbour one; `value` is that of the first.
inline constexpr std::uint32_t every_neighbor = ~0u;

/// First word of an event's second half.
RK_HOST_DEVICE constexpr std::uint64_t make_event_tag(std::uint64_t number, event_kind what,
                                                      std::uint32_t object) {
  return (number & 0xffff) | std::uint64_t{static_cast<std::uint16_t>(what)} << 16 |
         std::uint64_t{object} << 32;
}

/// What a ring of events may hold of one actor: so few that `check` tells one lap from the next.
inline constexpr std::uint32_t max_kept_events = 1u << 15;

}  // namespace rk::abi
