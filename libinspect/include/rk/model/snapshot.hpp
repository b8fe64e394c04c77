#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rk/abi/actor_record.hpp>
#include <rk/abi/event.hpp>
#include <rk/model/catalogue.hpp>
#include <rk/model/value.hpp>

namespace rk::model {

/// "not_started", "running", "finished", "failed", "preempted"; "unknown" for a value outside the
/// enumeration.
[[nodiscard]] std::string_view to_string(abi::actor_state s) noexcept;
/// The enumerator's name: "none", "grid_barrier", ...; "unknown" for a value outside the
/// enumeration.
[[nodiscard]] std::string_view to_string(abi::wait_kind k) noexcept;
/// Likewise: "ok", "timed_out", ...
[[nodiscard]] std::string_view to_string(abi::status s) noexcept;
/// Likewise: "started", "step", ...
[[nodiscard]] std::string_view to_string(abi::event_kind k) noexcept;

/// What the session knows of a kernel from the host's side.
/// Preempted: it has left the GPU, and goes on where it was once it is resumed.
enum class kernel_state : std::uint8_t { running, preempted, finished, faulted, unknown };
[[nodiscard]] std::string_view to_string(kernel_state s) noexcept;
/// Inverse of to_string. Throws `rk::incompatible` for any other text.
[[nodiscard]] kernel_state parse_kernel_state(std::string_view text);

/// True while it has nothing to do and says so: its wait is no lack of progress.
[[nodiscard]] bool is_idle(const abi::actor_record& actor) noexcept;
/// True while it waits for something that it needs to go on.
[[nodiscard]] bool is_waiting(const abi::actor_record& actor) noexcept;
/// True while it runs or is preempted: what it works on is neither whole nor given up.
[[nodiscard]] bool has_work_left(const abi::actor_record& actor) noexcept;

/// Least progress over all actors: steps that the kernel as a whole has completed.
[[nodiscard]] std::uint64_t completed_steps(std::span<const abi::actor_record> actors) noexcept;

/// A kernel at one moment.
struct kernel_snapshot {
  kernel_id id{};
  kernel_state state = kernel_state::unknown;
  std::string error;  ///< why it faulted
  std::vector<abi::actor_record> actors;

  [[nodiscard]] std::uint64_t steps() const noexcept { return completed_steps(actors); }
  /// Actors in state `s`.
  [[nodiscard]] std::uint64_t count(abi::actor_state s) const noexcept;
};

/// What the actors that `wanted` picks are doing, alike ones together: "3 in grid_barrier, line 58
/// (actors 0 2 3); 1 at work in its step (actor 1)". Empty if it picks none.
[[nodiscard]] std::string describe_actors(
    std::span<const abi::actor_record> actors,
    const std::function<bool(const abi::actor_record&)>& wanted);

/// True for a symbol whose value a snapshot holds: one number of the program's own.
[[nodiscard]] bool is_scalar_symbol(const model::catalogue& c, const symbol& s);

/// One scalar symbol's value.
struct symbol_value {
  symbol_id id{};
  std::vector<std::byte> bytes;
};

/// A picture of a target: plain data, from a live target or from a file.
struct snapshot {
  model::catalogue catalogue;
  std::int64_t taken_unix_ns = 0;
  std::int64_t taken_monotonic_ns = 0;
  std::vector<kernel_snapshot> kernels;
  std::vector<symbol_value> scalars;  ///< every scalar symbol that is not a runtime symbol
  std::vector<symbol_value> objects;  ///< counters of barriers, mailboxes, queues: see objects_of
};

}  // namespace rk::model
