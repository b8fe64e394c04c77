#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/barrier.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/abi/version.hpp>

namespace rk::abi {

/// Requests that hosts make of a kernel; a set of bits in one 8-byte word, so that one DMA writes
/// it whole.
enum class request : std::uint64_t {
  none = 0,
  stop = 1,   ///< leave the loop at the next agreed safe point
  abort = 2,  ///< leave every wait and the loop at once; state need not be consistent afterwards
  /// Independent actors: come to a safe point and stay there until all have, then leave together.
  preempt = 4,
  hurry = 8,  ///< while a preemption is wanted: waits for outside events give up
};

RK_HOST_DEVICE constexpr std::uint64_t bits(request r) noexcept {
  return static_cast<std::uint64_t>(r);
}

RK_HOST_DEVICE constexpr bool asks(std::uint64_t word, request r) noexcept {
  return (word & bits(r)) != 0;
}

/// Request word. Written by hosts only, through an 8-byte copy; read by kernels at safe points.
///
/// The low byte holds requests, the rest the number of the operation that is wanted. Numbers grow;
/// zero wants none, and takes back a wish that no actor has begun to fulfil.
struct alignas(line_bytes) request_line {
  std::uint64_t word;
};

RK_HOST_DEVICE constexpr std::uint64_t make_request(std::uint64_t operation,
                                                    std::uint64_t request_bits) noexcept {
  return operation << 8 | (request_bits & 0xff);
}
RK_HOST_DEVICE constexpr std::uint64_t requested_operation(std::uint64_t word) noexcept {
  return word >> 8;
}
RK_HOST_DEVICE constexpr std::uint64_t requested_bits(std::uint64_t word) noexcept {
  return word & 0xff;
}

/// Bytes that an operation copies from one place of device memory to another.
struct copy_region {
  const std::byte* from;
  std::byte* to;
  std::uint64_t bytes;
  /// One for each page of `page_bytes`, set to 1 where `to` differed before; null: not asked.
  std::uint8_t* changed_pages;
  /// Where the first `displaced_bytes` of `to` go before they are replaced; null: nowhere. Only for
  /// regions of less than `page_bytes`.
  std::byte* displaced;
};
inline constexpr std::uint64_t page_bytes = 64u << 10;
/// Most regions that one operation can have.
inline constexpr std::uint32_t max_regions = 8192;
inline constexpr std::uint64_t displaced_bytes = 16;

/// What an operation does beyond copying; a set of bits.
enum class operation_flag : std::uint32_t {
  none = 0,
  leave = 1,           ///< the kernel leaves its loop afterwards
  replaces_state = 2,  ///< symbols have new values afterwards: the kernel is told
  preempt = 4,         ///< with `leave`: the kernel is to be launched again, and goes on then
};
RK_HOST_DEVICE constexpr bool has(std::uint32_t flags, operation_flag f) noexcept {
  return (flags & static_cast<std::uint32_t>(f)) != 0;
}

/// What all actors do together at one safe point. Written by hosts only, before the request word
/// names its number, and left alone until every actor's record does or it was taken back: actors
/// that read it meanwhile learn from the agreement that it is cancelled, and use nothing of it.
struct alignas(line_bytes) operation_line {
  const copy_region* regions;
  std::uint32_t region_count;
  std::uint32_t flags;  ///< operation_flag
};

/// All that hosts write of a kernel: the one memory of a session that is handed out writable.
struct kernel_requests {
  request_line request;
  operation_line operation;
};

/// What the actors of a grid-synchronous kernel agreed on: what to do, at which step.
///
/// Protocol: actor 0 writes the word at its safe point n, naming step n + lookahead: as many as it
/// takes until barriers have carried it to all others (an arrival is a release, a poll an acquire).
/// A grid barrier does that within one; barriers of neighbours, one neighbour further in each step.
/// So at the safe point named every actor reads the same word. An actor that reads it early sees a
/// step that it has not reached, and goes on. Actor 0 writes again only once that step is behind
/// it, which after an operation is behind everybody.
struct alignas(line_bytes) agreement_line {
  std::uint64_t word;       ///< step << 8 | request bits | agreement bits
  std::uint64_t operation;  ///< number of the last one that was agreed on; written before the word
};

/// Bits of the agreement that no host sets: carry out the operation at exactly this step; it was
/// taken back in time, so do nothing after all.
inline constexpr std::uint64_t agreed_operation = 0x80;
inline constexpr std::uint64_t agreed_cancellation = 0x40;
/// Actor 0 has left, so nobody agrees on anything any more: from the step named on, each actor acts
/// on its own on what hosts ask.
inline constexpr std::uint64_t agreed_no_more = 0x20;
inline constexpr std::uint64_t lasting_requests = 0x1f;

/// Requests that actors with common safe points agree on: every one leaves at the same step.
inline constexpr std::uint64_t agreed_requests = bits(request::stop) | bits(request::abort);
/// Requests that an actor of its own acts on at its next safe point.
inline constexpr std::uint64_t independent_requests = agreed_requests | bits(request::preempt);

RK_HOST_DEVICE constexpr std::uint64_t make_agreement(std::uint64_t step,
                                                      std::uint64_t bits) noexcept {
  return step << 8 | (bits & 0xff);
}
RK_HOST_DEVICE constexpr std::uint64_t agreement_step(std::uint64_t word) noexcept {
  return word >> 8;
}
RK_HOST_DEVICE constexpr std::uint64_t agreement_bits(std::uint64_t word) noexcept {
  return word & 0xff;
}

/// Independent actors that stay at a safe point because a preemption is wanted, or have ended.
///
/// Protocol: an actor adds one (acquire and release) when it comes. Once the count is the number of
/// actors it never changes again: whoever sees that leaves. An actor that sees the request taken
/// back subtracts one by compare-and-swap, unless the count is full by then. Cleared before launch.
struct alignas(line_bytes) parking_line {
  std::uint64_t parked;
};

/// Where independent actors meet at their safe points for an operation of all of them.
///
/// Protocol: `word` counts, in one: actors that have come (bits 0 to 19), that have ended (20 to
/// 39), and the meetings held (40 to 63). An actor adds one when it comes (acquire and release);
/// who finds that everybody has come or ended writes down what is to be done
/// (`agreement_line::operation`, `is_off`), clears `ticket`, and adds one to the meetings while it
/// takes all others out of the first count (release). The others wait for that (acquire). One that
/// sees the operation taken back subtracts itself by compare-and-swap, unless everybody has come by
/// then.
struct alignas(line_bytes) meeting_line {
  std::uint64_t word;
  std::uint64_t ticket;  ///< each takes one: its share of the work
  std::uint64_t is_off;  ///< 1: it was taken back in time
};

RK_HOST_DEVICE constexpr std::uint64_t came(std::uint64_t word) noexcept {
  return word & 0xf'ffff;
}
RK_HOST_DEVICE constexpr std::uint64_t ended(std::uint64_t word) noexcept {
  return word >> 20 & 0xf'ffff;
}
RK_HOST_DEVICE constexpr std::uint64_t meetings(std::uint64_t word) noexcept {
  return word >> 40;
}
inline constexpr std::uint64_t one_more_came = 1;
inline constexpr std::uint64_t one_more_ended = std::uint64_t{1} << 20;
inline constexpr std::uint64_t one_more_meeting = std::uint64_t{1} << 40;

/// All words through which a kernel is steered and synchronised, a line for each writer.
struct kernel_control {
  agreement_line agreement;
  barrier_record grid_barrier;
  parking_line parking;
  meeting_line meeting;
};

static_assert(sizeof(request_line) == line_bytes && sizeof(kernel_control) == 6 * line_bytes);
static_assert(sizeof(copy_region) == 40 && sizeof(operation_line) == line_bytes);
static_assert(offsetof(kernel_requests, operation) == line_bytes);
static_assert(offsetof(kernel_control, grid_barrier) == line_bytes);
static_assert(std::is_trivially_copyable_v<kernel_control> &&
              std::is_standard_layout_v<kernel_control>);

}  // namespace rk::abi
