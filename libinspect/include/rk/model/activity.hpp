#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <rk/model/snapshot.hpp>

namespace rk::model {

/// How one actor gets on.
struct actor_activity {
  std::uint32_t index = 0;
  abi::actor_record record{};
  std::optional<double> steps_per_second;  ///< empty without an earlier snapshot
  /// Since the last safe point; 0 before start, after the end, and while it is idle.
  double progress_age_seconds = 0;
  double wait_seconds = 0;  ///< in the current wait; 0 if it does not wait
};

/// How a kernel gets on.
struct kernel_activity {
  kernel_id id{};
  kernel_state state = kernel_state::unknown;
  std::uint64_t steps = 0;
  std::optional<double> steps_per_second;
  double progress_age_seconds = 0;  ///< of the actor that is longest without a safe point
  std::vector<actor_activity> actors;
};

/// Rates and ages of every kernel in `now`, in the catalogue's order. Rates come from `before`,
/// which is an earlier snapshot of the same target. Ages come from the device's clock as it was set
/// against the host's when the session began; where a rate shows progress, they are no longer than
/// the time between the two snapshots, whatever the clocks say.
[[nodiscard]] std::vector<kernel_activity> activity_of(const snapshot& now,
                                                       const snapshot* before = nullptr);

}  // namespace rk::model
