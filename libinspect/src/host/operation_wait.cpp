#include "host/operation_wait.hpp"

#include <utility>

namespace rk::host {

using protocol::operation_action;
using protocol::operation_state;

protocol::operation_reply wait_for(operations& all, protocol::operation_reply now,
                                   operation_deadline until, operation_deadline hurry_at) {
  // How long an operation that is taken back at the last moment may be carried out after all.
  constexpr std::chrono::milliseconds withdrawal_limit{500};
  bool is_hurried = false;
  std::string absent;
  for (std::chrono::microseconds pause{10}; now.state == operation_state::pending;
       pause = std::min(2 * pause, longest_look_pause)) {
    const auto time = std::chrono::steady_clock::now();
    if (time >= until + withdrawal_limit) break;
    if (time >= until && absent.empty()) {
      absent = all.whereabouts(now.operation);
      now = all.act(now.operation, operation_action::cancel);
      continue;
    }
    if (time >= hurry_at && !std::exchange(is_hurried, true)) {
      now = all.act(now.operation, operation_action::hurry);
    }
    std::this_thread::sleep_for(pause);
    now = all.act(now.operation, operation_action::look);
  }
  if (now.state == operation_state::done) return now;
  if (now.state == operation_state::failed) throw error(now.error);
  throw timeout("kernel '" + now.kernel + "': not all of " + std::to_string(now.actors) +
                " actors came to a safe point in time: " + absent);
}

}  // namespace rk::host
