#pragma once

#include <cstdint>

#include <rk/abi/command.hpp>
#include <rk/host/portable_kernel.hpp>

/// Commands to a kernel, and its answers.
namespace echo {

struct order {
  std::uint64_t value;
};

/// What is told of the work done, in symbols.
struct statistics {
  std::uint64_t* answered;    ///< commands so far
  std::uint64_t* last_value;  ///< of the last one
};

/// Answers each command with its own value. One block waits for commands, the others are idle.
inline constinit rk::portable_kernel<rk::command_queue<order>, statistics> answer{"echo"};

}  // namespace echo
