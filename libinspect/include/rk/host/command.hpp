#pragma once

#include <chrono>
#include <cstdint>

#include <rk/abi/actor_record.hpp>
#include <rk/abi/command.hpp>

namespace rk {

/// How a queue of commands is made.
struct command_queue_options {
  std::uint32_t depth = 64;  ///< commands that can be under way at once; a power of two
  std::uint32_t owner =
      0;  ///< number of the actor that reads it; 0 in kernels with common safe points
};

/// What a kernel answered to a command.
struct command_answer {
  std::uint64_t value = 0;                ///< what the kernel passed to `acknowledge`
  std::chrono::nanoseconds round_trip{};  ///< from the call until the answer was there
  std::chrono::nanoseconds
      handling{};  ///< on the device, from taking it to acknowledging it; modulo 4 s
};

}  // namespace rk
