#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/actor_record.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/abi/tagged_word.hpp>
#include <rk/abi/version.hpp>

namespace rk {
namespace abi {

/// Messages up to this size travel as tagged words; of larger ones a flag is stored behind the
/// payload.
inline constexpr std::uint32_t max_tagged_bytes = 64;
inline constexpr std::uint32_t max_message_bytes = 1u << 30;
/// One message in so many says how long it lay in the mailbox.
inline constexpr std::uint64_t sampled_messages = 64;

RK_HOST_DEVICE constexpr bool is_small(std::uint64_t message_bytes) noexcept {
  return message_bytes <= max_tagged_bytes;
}
/// Bytes of a slot: a word and its tag for each word, or room for a flag and the payload.
inline constexpr std::uint32_t flag_bytes = 16;
RK_HOST_DEVICE constexpr std::uint64_t slot_bytes_of(std::uint64_t message_bytes) noexcept {
  return is_small(message_bytes) ? (message_bytes + 7) / 8 * sizeof(tagged_word)
                                 : flag_bytes + (message_bytes + 15) / 16 * 16;
}
/// Slots for `depth` messages; see mail_channel.
RK_HOST_DEVICE constexpr std::uint64_t slots_per_channel(std::uint64_t message_bytes,
                                                         std::uint64_t depth) noexcept {
  return is_small(message_bytes) ? depth : 2 * depth;
}

/// One way from an actor to a neighbour: a ring in device memory that holds `depth` messages, and
/// how far both ends are.
///
/// Protocol of small messages: message p (from 0) goes to slot p % depth once `taken` is more than
/// p - depth. Each of its words is stored with the tag p + 1. The reader loads them until all tags
/// are right, and stores `taken`: a load that found its tag took the word with it, so neither side
/// needs an order.
///
/// Of larger ones: there are 2 * depth slots. Message p goes to slot p % (2 * depth) once `taken`
/// is more than p - depth and `credit` (acquire) no more than depth behind it: payload, then the
/// slot's flag, p + 1 (release). The reader waits for the flag (acquire), and stores `taken` when
/// it has done with the slot. Each quarter of the ring it hands back the room: `credit` (release).
///
/// All other words only tell.
struct mail_channel {
  alignas(line_bytes) std::uint64_t sent;  ///< written by the sender
  std::uint64_t rejected;                  ///< messages for which there was no room
  std::uint64_t high_water;                ///< most messages under way; known with the next one
  std::uint64_t sampled;                   ///< number of the message that `sampled_ns` is about
  std::uint64_t sampled_ns;                ///< device clock when it was sent
  std::uint64_t sender_left;               ///< 1: no more will come (release)
  std::uint32_t from;                      ///< actors; written by hosts
  std::uint32_t to;
  /// 1, in the first of an actor's channels: an exchange has sent, and was interrupted before it
  /// took; it goes on with the next call, also of a kernel that was resumed or restored.
  std::uint64_t exchange_is_open;
  alignas(line_bytes) std::uint64_t taken;  ///< written by the reader
  std::uint64_t credit;                     ///< what the sender knows of `taken`
  std::uint64_t queued_ns;                  ///< how long the last sampled message lay there
  std::uint64_t reader_left;                ///< 1: nobody takes any more (release)
};

/// A message that could not be delivered.
struct dead_letter {
  std::uint64_t number;  ///< of the dead letters so far, from 1; written last
  std::uint32_t from;
  std::uint32_t to;
  status reason;
  std::uint32_t bytes;
  std::uint64_t device_ns;
};
inline constexpr std::uint32_t kept_dead_letters = 16;

/// Dead letters of all actors. Each adds one to `count` and fills in the entry of that number.
struct dead_letter_box {
  alignas(line_bytes) std::uint64_t count;
  alignas(line_bytes) dead_letter last[kept_dead_letters];
};

static_assert(sizeof(mail_channel) == 2 * line_bytes &&
              offsetof(mail_channel, taken) == line_bytes);
static_assert(sizeof(dead_letter) == 32);
static_assert(std::is_trivially_copyable_v<mail_channel> &&
              std::is_trivially_copyable_v<dead_letter_box>);

/// What every mailbox set is, whatever it carries.
struct mailbox_handle {
  mail_channel* channels = nullptr;  ///< one for each neighbour of each actor
  std::byte* slots = nullptr;        ///< those of one channel behind those of another
  dead_letter_box* dead_letters = nullptr;
  const std::uint32_t* first = nullptr;      ///< [actor_count + 1], into the three below
  const std::uint32_t* neighbors = nullptr;  ///< actor that the channel leads to
  const std::uint32_t* incoming = nullptr;   ///< the channel that leads back
  std::uint32_t actor_count = 0;
  std::uint32_t depth = 0;  ///< messages a channel holds; a power of two
  std::uint32_t message_bytes = 0;
  std::uint32_t slot_bytes = 0;  ///< of one message, its tags or flag included
};

}  // namespace abi

/// Mailboxes for messages of type T between the neighbours of a topology. A handle that kernels
/// take by value; made by session::create_mailbox, valid while the session lives. For one kernel
/// at a time. T is trivially copyable.
template <class T>
struct mailbox_set : abi::mailbox_handle {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= abi::max_message_bytes);
  static_assert(alignof(T) <= 16);
};

}  // namespace rk
