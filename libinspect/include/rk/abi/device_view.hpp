#pragma once

#include <cstdint>
#include <type_traits>

#include <rk/abi/actor_record.hpp>
#include <rk/abi/kernel_control.hpp>

namespace rk {

/// Whether the actors of a kernel pass a grid barrier between any two safe points.
///
/// `grid`: they do, so requests are agreed one safe point ahead and honoured by all at the same
/// step. `independent`: they do not; each honours a request at its own next safe point.
enum class synchrony : std::uint32_t { grid = 0, independent = 1 };

/// How much a kernel records. Compiled in always, chosen at launch.
enum class instrumentation : std::uint32_t {
  off = 0,       ///< requests, and each actor's end
  progress = 1,  ///< progress, heartbeat and wait records
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
  std::uint32_t reserved = 0;
};

static_assert(std::is_trivially_copyable_v<device_view> && sizeof(device_view) == 48);

}  // namespace rk
