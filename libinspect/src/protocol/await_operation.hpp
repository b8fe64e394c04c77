#pragma once

#include <functional>

#include <rk/protocol/message.hpp>
#include <rk/protocol/socket.hpp>

/// How whoever asks for an operation waits for it, in the session's process and in others.
namespace rk::protocol {

/// How long an operation is waited for.
struct patience {
  deadline until;
  deadline hurry_at = deadline::max();  ///< from then on waits give up
};

/// Begins an operation once nobody else is in the way; throws `rk::busy` if that takes too long.
[[nodiscard]] operation_reply begin_in_turn(deadline until,
                                            const std::function<operation_reply()>& begin);

/// Does something with an operation and says how far it is.
using operation_actor = std::function<operation_reply(operation_action)>;

/// Waits until an operation that was begun is done. Takes it back and throws `rk::timeout`, with
/// what the actors that did not come are doing and with whether it will be carried out after all,
/// if that takes too long; `rk::error` if it fails.
[[nodiscard]] operation_reply await_operation(operation_reply begun, const patience& p,
                                              const operation_actor& act);

}  // namespace rk::protocol
