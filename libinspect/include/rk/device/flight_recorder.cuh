#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/event.hpp>
#include <rk/device/atomic.cuh>
#include <rk/device/execution.cuh>
#include <rk/device/tagged_word.cuh>

/// The ring in which an actor keeps what happened to it last. See abi::event for the protocol.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// Where the leader writes events.
struct event_log {
  abi::event* ring;        ///< null: none are kept
  std::uint64_t mask;      ///< entries, less one
  std::uint64_t* counter;  ///< in the actor's record
  std::uint64_t count;     ///< events so far
};

/// In the block's own memory, as detail::leaders is.
RK_DEVICE inline event_log& events() {
  __shared__ event_log log;
  return log;
}

/// Called by the leader of an actor that keeps events.
RK_DEVICE RK_NOINLINE void keep_event(abi::event_kind what, std::uint32_t object,
                                      std::uint64_t value, std::uint64_t now) {
  event_log& log = events();
  const std::uint64_t number = ++log.count;
  auto* halves = reinterpret_cast<abi::tagged_word*>(log.ring + (number & log.mask));
  store_tagged<order::relaxed, scope::system>(halves[0], number, now);
  store_tagged<order::relaxed, scope::system>(halves[1], abi::make_event_tag(number, what, object),
                                              value);
  atomic_store<order::relaxed, scope::system>(*log.counter, number);
}

/// Whether the calling leader's actor keeps events; for places that are seldom passed.
[[nodiscard]] RK_DEVICE inline bool keeps_events() {
  return events().ring != nullptr;
}

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
