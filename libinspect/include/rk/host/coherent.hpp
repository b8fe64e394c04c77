#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include <rk/abi/coherent.hpp>

namespace rk {
namespace host {

void write_coherent(const abi::coherent_handle& region, std::span<const std::byte> from);
void read_coherent(const abi::coherent_handle& region, std::span<std::byte> to,
                   std::chrono::nanoseconds limit);

}  // namespace host

/// Replaces the values in host memory, from the first on; the kernel sees them at its next
/// coherence_acquire. One thread at a time. Throws `rk::invalid_argument` for more values than the
/// region holds.
template <class T>
void coherent_write(const coherent_region<T>& region, std::span<const T> values) {
  host::write_coherent(region, std::as_bytes(values));
}

/// The values that the kernel released last, from the first on, all of one release. Thread-safe.
/// Throws `rk::invalid_argument` for more than the region holds, `rk::timeout` if the kernel does
/// not end writing (it may have died).
template <class T>
void coherent_read(const coherent_region<T>& region, std::span<T> values,
                   std::chrono::nanoseconds limit = std::chrono::seconds(5)) {
  host::read_coherent(region, std::as_writable_bytes(values), limit);
}

}  // namespace rk
