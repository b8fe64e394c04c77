#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/compiler.hpp>
#include <rk/abi/event.hpp>
#include <rk/abi/tagged_word.hpp>
#include <rk/abi/version.hpp>

namespace rk::abi {

/// Flags that a notification can raise.
inline constexpr std::uint32_t signal_flags = 32;

/// A doorbell: the number of the latest notification and its flags in one word, and for each flag
/// the number of the latest notification that raised it, for whoever missed some in between.
///
/// Protocol: one writer at a time. It stores the table's entries (relaxed), then the word
/// (release). A reader that has heard of notification h loads the word (acquire). If it is number
/// h + 1, its flags are all that is new; else those are whose entry in the table is behind h.
/// Entries only grow, so one that the writer is just storing is heard of now or next time, never
/// lost. Numbers are compared modulo 2^32.
struct doorbell {
  alignas(line_bytes) std::uint64_t word;
  alignas(line_bytes) std::uint32_t last[signal_flags];
};

RK_HOST_DEVICE constexpr std::uint64_t make_ring(std::uint32_t number,
                                                 std::uint32_t flags) noexcept {
  return std::uint64_t{number} << 32 | flags;
}
RK_HOST_DEVICE constexpr std::uint32_t ring_number(std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(word >> 32);
}
RK_HOST_DEVICE constexpr std::uint32_t ring_flags(std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(word);
}
/// Whether `a` comes behind `b`.
RK_HOST_DEVICE constexpr bool is_behind(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<std::int32_t>(a - b) > 0;
}

/// What the actor that decides for all tells the others: what came, and for a command its words.
///
/// Protocol: actor 0 stores as many words as it takes, each with the tag number << 8 | kind, the
/// first one last: with a release, or for a command relaxed, behind a fence if something was agreed
/// on since the last outcome. Others poll the first (acquire) for the number that they expect, and
/// the others until they carry the same tag. An entry is used again once everybody has said to have
/// read it (`actor_signals::outcomes`).
///
/// Words of a signal: the flags of hosts and, shifted by 32, of peers; the number of the
/// notification that actor 0 heard of last. Of a command: what it says.
struct alignas(line_bytes) outcome {
  tagged_word words[28];
};
inline constexpr std::uint32_t outcome_count = 64;
/// In `actor_signals::outcomes`: the actor has ended. No number comes near it.
inline constexpr std::uint64_t hears_no_more = std::uint64_t{1} << 62;

/// Signals of one kernel, in device memory.
///
/// `relayed` is a copy of the doorbell in host memory, which only one actor at a time looks at: the
/// lookout. Independent actors take that part by compare-and-swap (acquire and release) on
/// `lookout` and give it up with a release; where actors have common safe points it is actor 0's.
struct signal_control {
  doorbell relayed;
  alignas(line_bytes) std::uint64_t lookout;  ///< number of the actor, plus one; 0: nobody
  outcome outcomes[outcome_count];
};

/// What others tell one actor, and how far it is.
struct actor_signals {
  /// Flags that other actors raised. They add by a release, the owner takes by an acquire.
  alignas(line_bytes) std::uint64_t peer_flags;
  /// Written by the owner's leader. Number of the notification that it heard of last.
  alignas(line_bytes) std::uint64_t heard;
  std::uint64_t outcomes;    ///< outcomes read; of this launch
  std::uint64_t signals;     ///< waits that a signal ended
  std::uint64_t interrupts;  ///< waits that gave up for a request
};

static_assert(sizeof(doorbell) == 2 * line_bytes && sizeof(outcome) == 4 * line_bytes);
static_assert(sizeof(signal_control) == (3 + 4 * outcome_count) * line_bytes);
static_assert(sizeof(actor_signals) == 2 * line_bytes &&
              offsetof(actor_signals, heard) == line_bytes);
static_assert(std::is_trivially_copyable_v<signal_control>);

/// What a kernel can reach beyond its records. Written by hosts before the launch.
struct bindings {
  const doorbell* host_bell;  ///< host memory; written by hosts
  signal_control* signals;
  actor_signals* actors;           ///< [actor_count]
  std::uint32_t lookout_sleep_ns;  ///< between two looks at host memory
  std::uint32_t longest_sleep_ns;  ///< of an actor that waits for the lookout
  event* events;                   ///< [actor_count][event_mask + 1]; null: none are kept
  std::uint64_t event_mask;
};
static_assert(std::is_trivially_copyable_v<bindings> && sizeof(bindings) == 48);

}  // namespace rk::abi
