#include "protocol/await_operation.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include <rk/error.hpp>

namespace rk::protocol {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr microseconds first_pause{10};
constexpr microseconds longest_pause{2000};
/// How long a request that is taken back at the last moment is given to be carried out after all.
constexpr std::chrono::milliseconds withdrawal_limit{500};

microseconds next(microseconds pause) {
  return std::min(2 * pause, longest_pause);
}

}  // namespace

operation_reply begin_in_turn(deadline until, const std::function<operation_reply()>& begin) {
  for (microseconds pause = first_pause;; pause = next(pause)) {
    try {
      return begin();
    } catch (const busy&) {
      if (clock::now() >= until) throw;
    }
    std::this_thread::sleep_for(pause);
  }
}

operation_reply await_operation(operation_reply now, const patience& p,
                                const operation_actor& act) {
  bool is_withdrawn = false;
  bool is_hurried = false;
  for (microseconds pause = first_pause; now.state == operation_state::pending;
       pause = next(pause)) {
    const auto time = clock::now();
    if (time >= p.until && time - p.until >= withdrawal_limit) break;
    if (time >= p.until && !std::exchange(is_withdrawn, true)) {
      now = act(operation_action::cancel);
      continue;
    }
    if (time >= p.hurry_at && !std::exchange(is_hurried, true)) {
      now = act(operation_action::hurry);
    }
    std::this_thread::sleep_for(pause);
    now = act(operation_action::look);
  }
  if (now.state == operation_state::done) return now;
  if (now.state == operation_state::failed) throw error(now.error);
  throw timeout("kernel '" + now.kernel + "': " + std::to_string(now.arrived) + " of " +
                std::to_string(now.actors) + " actors came to its safe point in time; " +
                (now.absent.empty() ? "" : "the others: " + now.absent + "; ") +
                (now.state == operation_state::cancelled
                     ? "the request was taken back"
                     : "some had agreed to it: it may still be carried out when the others come"));
}

}  // namespace rk::protocol
