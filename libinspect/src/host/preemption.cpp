#include <rk/error.hpp>

#include "host/operation_wait.hpp"
#include "host/session_core.hpp"

namespace rk::host {

preemption session_core::preempt(model::kernel_id id, const preempt_options& options) {
  if (options.urgency < 0 || options.urgency > 100) {
    throw invalid_argument("urgency is 0 to 100, not " + std::to_string(options.urgency));
  }
  require_open();
  const model::kernel described = registry_->catalogue().kernels.at(static_cast<std::size_t>(id));
  const auto presence = std::make_shared<int>();
  const auto begin = std::chrono::steady_clock::now();
  const auto until = deadline_in(options.limit);
  const auto hurry_at = options.urgency == 0
                            ? operation_deadline::max()
                            : begin + (until - begin) / 100 * (100 - options.urgency);
  const auto begun =
      wait_for_turn(until, [&] { return operations_->begin_preemption(described, presence); });
  const auto done = wait_for(*operations_, begun, until, hurry_at);
  return {done.step, std::chrono::steady_clock::now() - begin};
}

}  // namespace rk::host
