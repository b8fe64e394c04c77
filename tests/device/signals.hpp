#pragma once

#include <cstdint>

#include <rk/abi/coherent.hpp>
#include <rk/abi/command.hpp>
#include <rk/host/portable_kernel.hpp>

/// Kernels that wait for signals and commands, and note all that they hear.
namespace probe {

struct signal_history {
  std::uint64_t* wakes;       ///< [actors], waits that a signal ended
  std::uint64_t* flags;       ///< [actors], all flags heard of
  std::uint64_t* timeouts;    ///< [actors]
  std::uint64_t* interrupts;  ///< [actors]
};

/// Waits for what `what` names, again and again.
inline constinit rk::portable_kernel<signal_history, std::uint32_t, std::uint64_t> listen{"listen"};
/// Actor 0 raises a flag for each of the others, `rounds` times, each time once the last of them
/// has answered by a flag for actor 0.
inline constinit rk::portable_kernel<signal_history, std::uint64_t> relay{"relay"};

/// For each flag, how often it was raised: what a host writes before it rings.
struct raised_flags {
  std::uint64_t times[32];
};
inline constexpr std::uint32_t bell_actors = 3;
struct bell_history {
  std::uint64_t* seen;  ///< [actors][32]: of each flag, `times` when it was told last
  std::uint64_t* told;  ///< [actors][32]: how often it was told
  rk::coherent_region<raised_flags> raised[bell_actors];
  bool forgets;  ///< on purpose: now and then the actor does not act on a flag
};
/// Each actor notes what it is told, and what the host had written by then.
inline constinit rk::portable_kernel<bell_history> hear_bell{"hear_bell"};

/// A command that says which it is of its sender's, and so much more that it takes several words.
struct numbered_command {
  std::uint32_t sender;
  std::uint32_t number;
  std::uint64_t padding[3];
};
struct large_command {
  std::uint64_t words[28];
};

/// What can be wrong on purpose.
enum class command_fault : std::uint32_t {
  none,
  takes_twice,  ///< now and then a command is counted as two
  skips,        ///< now and then one is acknowledged and not counted
};

inline constexpr std::uint32_t max_senders = 8;
struct command_history {
  std::uint64_t* taken;  ///< [actors]
  std::uint64_t* next;   ///< [actors, max_senders], number expected next of each
  std::uint64_t* wrong;  ///< [actors], commands out of order, lost, twice or torn
  command_fault fault = command_fault::none;
};

inline constinit rk::portable_kernel<command_history, rk::command_queue<numbered_command>> obey{
    "obey"};
/// With a grid barrier before each acknowledgement; answers the sum of the words.
inline constinit rk::portable_kernel<std::uint64_t*, rk::command_queue<large_command>> add_up{
    "add_up"};
/// Takes commands and acknowledges none.
inline constinit rk::portable_kernel<rk::command_queue<std::uint64_t>> ignore{"ignore"};

}  // namespace probe
