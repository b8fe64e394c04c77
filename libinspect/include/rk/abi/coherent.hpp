#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/version.hpp>

namespace rk {
namespace abi {

/// Head of a region in host memory; its words follow. A count is odd while its side writes.
struct coherent_line {
  alignas(line_bytes) std::uint64_t host_writes;    ///< written by a host
  alignas(line_bytes) std::uint64_t device_writes;  ///< written by the kernel
};

/// In device memory, written by the block that uses the region.
struct coherence_counters {
  alignas(line_bytes) std::uint64_t seen;  ///< `host_writes` of the copy on the device
  std::uint64_t acquired;                  ///< copies from the host
  std::uint64_t unchanged;                 ///< times that there was nothing new to copy
  std::uint64_t retries;                   ///< copies during which the host wrote
  std::uint64_t released;                  ///< copies to the host
  std::uint64_t bytes;                     ///< of one copy; constant
  std::uint64_t last_ns;                   ///< device clock at the last copy's end
};

static_assert(sizeof(coherent_line) == 2 * line_bytes);
static_assert(std::is_trivially_copyable_v<coherent_line> &&
              std::is_trivially_copyable_v<coherence_counters>);

/// What every region is, whatever it holds.
struct coherent_handle {
  coherent_line* line = nullptr;
  std::uint64_t* host_words = nullptr;
  std::uint64_t* device_words = nullptr;
  coherence_counters* counters = nullptr;
  std::uint64_t bytes = 0;
};

}  // namespace abi

/// Values of type T that live in host memory and, as a copy, on the device; one is made like the
/// other only when the kernel says so. A handle that kernels take by value; made by
/// session::create_coherent_region, valid while the session lives. T is trivially copyable.
template <class T>
struct coherent_region : abi::coherent_handle {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 16);
};

}  // namespace rk
