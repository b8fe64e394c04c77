#pragma once

#include <chrono>
#include <functional>

#include <rk/protocol/message.hpp>

/// How whoever asks for an operation waits for it, in the session's process and in others.
namespace rk::protocol {

using operation_deadline = std::chrono::steady_clock::time_point;

/// How long an operation is waited for.
struct patience {
  operation_deadline until;
  operation_deadline hurry_at = operation_deadline::max();  ///< from then on waits give up
};

/// The moment that a caller's limit ends at. Later than a year is never, and the end of the clock
/// is not passed.
[[nodiscard]] operation_deadline deadline_in(std::chrono::nanoseconds limit);

/// Begins an operation once nobody else is in the way; throws `rk::busy` if that takes too long.
[[nodiscard]] operation_reply begin_in_turn(operation_deadline until,
                                            const std::function<operation_reply()>& begin);

/// Does something with an operation and says how far it is.
using operation_actor = std::function<operation_reply(operation_action)>;

/// Waits until an operation that was begun is done. Takes it back and throws `rk::timeout`, with
/// what the actors that did not come are doing and with whether it will be carried out after all,
/// if that takes too long; `rk::error` if it fails.
[[nodiscard]] operation_reply await_operation(operation_reply begun, const patience& p,
                                              const operation_actor& act);

}  // namespace rk::protocol
