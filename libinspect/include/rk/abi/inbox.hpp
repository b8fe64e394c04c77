#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/compiler.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/abi/tagged_word.hpp>
#include <rk/abi/version.hpp>

namespace rk {

/// Who an actor is, among all that a post office serves.
struct actor_address {
  std::uint32_t device = 0;
  std::uint32_t kernel = 0;  ///< by its place in the list that the post office was made with
  std::uint32_t block = 0;

  friend constexpr bool operator==(const actor_address&, const actor_address&) = default;
};

namespace abi {

inline constexpr std::uint32_t max_letter_bytes = 4096;

/// An actor's inbox: one reader, any number of senders.
///
/// Protocol: a sender claims position p (from 0) by a compare-and-swap of `claimed`, once the slot
/// p % depth has been freed p / depth times. It stores the letter's words there, each with the tag
/// p + 1. The reader loads them until all tags are right, frees the slot and stores `taken`. All
/// other words only tell. At system scope, so that a sender may be on another device.
struct inbox {
  alignas(line_bytes) std::uint64_t claimed;  ///< written by senders
  std::uint64_t rejected;                     ///< letters for which there was no room
  alignas(line_bytes) std::uint64_t taken;    ///< written by the reader, as what follows
  std::uint64_t high_water;                   ///< most letters that lay there when it looked
  std::uint64_t queued_ns;                    ///< how long the last sampled letter lay there
  std::uint64_t reader_left;                  ///< 1: nobody takes any more (release)
};

/// Head of a slot; the tagged words follow it: `letter_head_words`, then the letter's own.
struct alignas(16) letter_slot {
  std::uint64_t freed;    ///< how often; written by the reader
  std::uint64_t sent_ns;  ///< device clock, of sampled letters
};
inline constexpr std::uint32_t letter_head_words = 2;

RK_HOST_DEVICE constexpr std::uint32_t letter_words(std::uint32_t bytes) noexcept {
  return letter_head_words + (bytes + 7) / 8;
}
RK_HOST_DEVICE constexpr std::uint32_t letter_slot_bytes(std::uint32_t bytes) noexcept {
  return static_cast<std::uint32_t>(sizeof(letter_slot) +
                                    letter_words(bytes) * sizeof(tagged_word));
}

static_assert(sizeof(inbox) == 2 * line_bytes && offsetof(inbox, taken) == line_bytes);

/// Where the inboxes of a kernel's actors begin.
struct route {
  std::uint32_t first;
  std::uint32_t blocks;
};

}  // namespace abi

/// Inboxes for the actors of one or more kernels, and how to find them. A handle that kernels take
/// by value, each its own (`at`); made by session::create_post_office, valid while the session
/// lives.
struct post_office {
  abi::inbox* inboxes = nullptr;
  std::byte* slots = nullptr;
  abi::dead_letter_box* dead_letters = nullptr;
  const abi::route* routes = nullptr;  ///< [kernel_count]
  std::uint32_t kernel_count = 0;
  std::uint32_t kernel = 0;  ///< whose handle this is
  std::uint32_t device = 0;
  std::uint32_t depth = 0;  ///< letters that an inbox holds; a power of two
  std::uint32_t letter_bytes = 0;
  std::uint32_t slot_bytes = 0;

  /// For the kernel at this place of the list.
  [[nodiscard]] constexpr post_office at(std::uint32_t place) const noexcept {
    post_office p = *this;
    p.kernel = place;
    return p;
  }
};

static_assert(std::is_trivially_copyable_v<post_office>);

}  // namespace rk
