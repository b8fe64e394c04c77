#pragma once

#include <cstdint>

#include <rk/host/portable_kernel.hpp>

/// Small kernels that the device tests run on every back-end.
namespace probe {

/// What `execution` writes for each thread.
struct thread_report {
  std::uint32_t thread;
  std::uint32_t block;
  std::uint32_t shuffled;       ///< number of the thread that stands in lane 3 of the own warp
  std::uint32_t shuffled_down;  ///< number of the thread 5 lanes further, own past the end
  std::uint32_t ballot;         ///< lanes with an odd number
  std::uint32_t sum;            ///< of the warp's thread numbers, in lane 0
  std::uint32_t any;            ///< block_sync_or of "thread 7 of block 1"
  std::uint32_t reserved;
};

/// Steps until it is asked to stop, with a grid barrier in each; writes the step at which each
/// block left.
inline constinit rk::portable_kernel<std::uint64_t*> lockstep{"lockstep"};
/// The same without barriers.
inline constinit rk::portable_kernel<std::uint64_t*> independent{"independent"};
/// One thread_report a thread.
inline constinit rk::portable_kernel<thread_report*> execution{"execution"};
/// Block 0 never comes to the grid barrier until it is asked to stop.
inline constinit rk::portable_kernel<> stuck{"stuck"};
/// Every element of `values` becomes `round` again and again, by all threads.
inline constinit rk::portable_kernel<std::uint64_t*, std::uint64_t> rewrite{"rewrite"};
/// Each block adds 1 to `counter` `rounds` times between grid barriers and counts the rounds in
/// which the sum was not what a barrier promises.
inline constinit rk::portable_kernel<std::uint64_t*, std::uint64_t*, std::uint64_t> barrier_check{
    "barrier_check"};
/// Writes known values to the marked variables.
inline constinit rk::portable_kernel<> fill_markers{"fill_markers"};
inline constinit rk::portable_kernel<> fill_markers_b{"fill_markers_b"};

struct inner {
  double v[3];
  std::int16_t tag;
};
struct cell {
  float p;
  inner in[2];
  bool wet;
};
enum class phase : std::uint8_t { cold, warm = 7, hot };

}  // namespace probe
