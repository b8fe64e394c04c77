#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/compiler.hpp>
#include <rk/abi/signal.hpp>
#include <rk/abi/tagged_word.hpp>
#include <rk/abi/version.hpp>

namespace rk {
namespace abi {

/// Most bytes of one command.
inline constexpr std::uint32_t max_command_bytes = 224;
/// What the kernel answers: two words of one tag.
struct alignas(32) command_reply {
  tagged_word value;  ///< what the kernel said
  tagged_word times;  ///< see make_times
};

/// Nanoseconds by the device's clock from taking a command to acknowledging it, and when it was
/// taken, both modulo 2^32.
RK_HOST_DEVICE constexpr std::uint64_t make_times(std::uint64_t taken_ns,
                                                  std::uint64_t done_ns) noexcept {
  return (done_ns - taken_ns) << 32 | (taken_ns & 0xffff'ffff);
}
RK_HOST_DEVICE constexpr std::uint64_t handling_ns(std::uint64_t times) noexcept {
  return times >> 32;
}

/// How far a queue is, on a line for each writer.
struct command_counters {
  alignas(line_bytes) std::uint64_t posted;  ///< written by hosts
  std::uint64_t rejected;                    ///< since the queue was full
  std::uint64_t depth;                       ///< constant
  std::uint64_t command_bytes;               ///< constant
  alignas(line_bytes) std::uint64_t taken;   ///< written by the kernel
  std::uint64_t acknowledged;
};

/// Head of a queue in host memory; the slots (depth times words_per_command tagged words), then the
/// replies (depth) follow it.
///
/// Protocol: command n (from 1) goes to slot (n - 1) % depth once reply n - depth stands in that
/// place. Hosts store its words (release), the reader polls the first one's tag and loads the
/// others behind it. The reader answers in order, each reply's words in no order.
struct command_memory {
  command_counters counters;
};

static_assert(sizeof(command_reply) == 32);
static_assert(sizeof(command_counters) == 2 * line_bytes &&
              offsetof(command_counters, taken) == line_bytes);
static_assert(max_command_bytes == sizeof(outcome::words));

}  // namespace abi

namespace host {
class command_sender;
}

namespace abi {

/// What every queue is, whatever it carries.
struct command_queue_handle {
  host::command_sender* sender = nullptr;  ///< of use to hosts only
  command_memory* memory = nullptr;
  tagged_word* slots = nullptr;
  command_reply* replies = nullptr;
  std::uint32_t depth = 0;              ///< a power of two
  std::uint32_t words_per_command = 0;  ///< of 8 bytes
  std::uint32_t owner = 0;              ///< number of the actor that reads it
  std::uint32_t reserved = 0;
};

}  // namespace abi

/// Commands of type T from hosts to a kernel. A handle that kernels take by value; made by
/// session::create_command_queue, valid while the session lives. T is trivially copyable, of at
/// most 224 bytes.
template <class T>
struct command_queue : abi::command_queue_handle {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= abi::max_command_bytes);
};

}  // namespace rk
