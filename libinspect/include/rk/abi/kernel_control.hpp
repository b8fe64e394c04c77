#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/compiler.hpp>
#include <rk/abi/version.hpp>

namespace rk::abi {

/// Requests that hosts make of a kernel; a set of bits in one 8-byte word, so that one DMA writes
/// it whole.
enum class request : std::uint64_t {
  none = 0,
  stop = 1,   ///< leave the loop at the next agreed safe point
  abort = 2,  ///< leave every wait and the loop at once; state need not be consistent afterwards
};

RK_HOST_DEVICE constexpr std::uint64_t bits(request r) noexcept {
  return static_cast<std::uint64_t>(r);
}

RK_HOST_DEVICE constexpr bool asks(std::uint64_t word, request r) noexcept {
  return (word & bits(r)) != 0;
}

/// Request word. Written by hosts only, through an 8-byte copy; read by kernels at safe points.
struct alignas(line_bytes) request_line {
  std::uint64_t word;
};

/// What the actors of a grid-synchronous kernel agreed on: which requests, from which step.
///
/// Protocol: actor 0 writes the word at its safe point n, naming step n+1. The grid barrier between
/// two safe points carries it to all others (its arrival is a release, its poll an acquire), so at
/// safe point n+1 every actor reads the same word. An actor that reads it early sees a step that it
/// has not reached, and goes on.
struct alignas(line_bytes) agreement_line {
  std::uint64_t word;  ///< step << 8 | request bits
};

RK_HOST_DEVICE constexpr std::uint64_t make_agreement(std::uint64_t step,
                                                      std::uint64_t request_bits) noexcept {
  return step << 8 | (request_bits & 0xff);
}
RK_HOST_DEVICE constexpr std::uint64_t agreement_step(std::uint64_t word) noexcept {
  return word >> 8;
}
RK_HOST_DEVICE constexpr std::uint64_t agreement_requests(std::uint64_t word) noexcept {
  return word & 0xff;
}

/// Central counter of the grid barrier. Never reset: arrival number k * actors opens generation k.
///
/// Protocol: every actor's leader adds one (release, device scope); it polls (acquire, device
/// scope) until the count reaches its generation times the number of actors.
struct alignas(line_bytes) grid_barrier_line {
  std::uint64_t arrived;
};

/// All words through which a kernel is steered and synchronised, a line for each writer.
struct kernel_control {
  agreement_line agreement;
  grid_barrier_line grid_barrier;
};

static_assert(sizeof(request_line) == line_bytes && sizeof(kernel_control) == 2 * line_bytes);
static_assert(offsetof(kernel_control, grid_barrier) == line_bytes);
static_assert(std::is_trivially_copyable_v<kernel_control> &&
              std::is_standard_layout_v<kernel_control>);

}  // namespace rk::abi
