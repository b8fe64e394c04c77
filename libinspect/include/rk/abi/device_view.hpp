#pragma once

#include <cstdint>
#include <type_traits>

#include <rk/abi/actor_record.hpp>
#include <rk/abi/kernel_control.hpp>
#include <rk/abi/signal.hpp>

namespace rk {

/// What the actors of a kernel pass between any two safe points, which decides where requests are
/// honoured.
///
/// `grid`: a barrier over all of them; requests are agreed one safe point ahead and honoured by all
/// at the same step. `independent`: nothing; each honours a request at its own next safe point.
/// `neighbors`: a barrier with their neighbours or messages from all of them, so that all do the
/// same number of steps; as `grid`, but agreed as many safe points ahead as it takes until
/// everybody has heard (`launch_options::lookahead`).
enum class synchrony : std::uint32_t { grid = 0, independent = 1, neighbors = 2 };

/// How much a kernel records. Compiled in always, chosen at launch.
enum class instrumentation : std::uint32_t {
  off = 0,              ///< requests, and each actor's end
  progress = 1,         ///< progress, heartbeat and wait records
  flight_recorder = 2,  ///< and the latest events of each actor: steps, long waits, operations
  everything = 3,       ///< and each message, barrier, signal and command
};

/// What a kernel needs to be inspected: pass it by value as the first parameter.
///
/// A handle, trivially copyable; it owns nothing and is valid while the session that made it lives.
struct device_view {
  abi::actor_record* actors = nullptr;             ///< [actor_count]
  const abi::kernel_requests* requests = nullptr;  ///< written by hosts
  abi::kernel_control* control = nullptr;          ///< written by the kernel's actors
  std::uint64_t wait_deadline_ns = 0;              ///< longest wait before it ends with `timed_out`
  std::uint32_t actor_count = 0;                   ///< blocks of the grid
  synchrony sync = synchrony::grid;
  instrumentation level = instrumentation::progress;
  std::uint32_t lookahead = 1;           ///< safe points from a request's agreement to its deed
  const abi::bindings* bound = nullptr;  ///< device memory
};

static_assert(std::is_trivially_copyable_v<device_view> && sizeof(device_view) == 56);

}  // namespace rk
