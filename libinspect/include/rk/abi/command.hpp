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
/// Tag of an answer, whose word is what the kernel said: the command's number and how long the
/// kernel had it in hand, both modulo 2^32.
RK_HOST_DEVICE constexpr std::uint64_t make_reply_tag(std::uint64_t number,
                                                      std::uint64_t handling_ns) noexcept {
  return handling_ns << 32 | (number & 0xffff'ffff);
}
RK_HOST_DEVICE constexpr bool answers(std::uint64_t tag, std::uint64_t number) noexcept {
  return static_cast<std::uint32_t>(tag) == static_cast<std::uint32_t>(number);
}
RK_HOST_DEVICE constexpr std::uint64_t handling_ns(std::uint64_t tag) noexcept {
  return tag >> 32;
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
/// others behind it. The reader answers in order, each time by one store of 16 bytes.
struct command_memory {
  command_counters counters;
};

static_assert(sizeof(command_counters) == 2 * line_bytes &&
              offsetof(command_counters, taken) == line_bytes);
static_assert(2 * max_command_bytes == sizeof(outcome::words));

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
  tagged_word* replies = nullptr;
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
