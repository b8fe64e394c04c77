#include <rk/error.hpp>

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
  protocol::patience patience{protocol::after(options.limit)};
  if (options.urgency != 0) {
    patience.hurry_at = begin + (patience.until - begin) / 100 * (100 - options.urgency);
  }
  auto begun = protocol::begin_in_turn(
      patience.until, [&] { return operations_->begin_preemption(described, presence); });
  const auto done = await(std::move(begun), patience);
  return {done.step, std::chrono::steady_clock::now() - begin};
}

}  // namespace rk::host
