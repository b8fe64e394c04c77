#pragma once

#include <cstddef>
#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/kernel_control.hpp>
#include <rk/device/execution.cuh>

/// Copying within device memory by threads of many blocks: each call copies the caller's share.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// What one load and one store move.
struct alignas(16) copy_unit {
  std::uint64_t low, high;
};

/// Loads that are on their way at once in each thread: memory answers late, and many.
inline constexpr unsigned copies_in_flight = 4;

/// Threads that share the work, and the caller's place among them.
struct crew {
  std::uint64_t size;
  std::uint64_t place;
};

/// Blocks that share it, and the caller's place among them.
struct block_share {
  std::uint64_t blocks;
  std::uint64_t place;
};

RK_DEVICE inline crew crew_of(const block_share& s) {
  const index3 b = block_extent();
  const std::uint64_t threads = std::uint64_t{b.x} * b.y * b.z;
  return {threads * s.blocks, threads * s.place + linear_thread_index()};
}

RK_DEVICE inline crew block_crew() {
  const index3 b = block_extent();
  return {std::uint64_t{b.x} * b.y * b.z, linear_thread_index()};
}

RK_DEVICE inline void copy_units(copy_unit* to, const copy_unit* from, std::uint64_t count,
                                 const crew& c) {
  RK_NO_UNROLL
  for (std::uint64_t at = c.place; at < count; at += copies_in_flight * c.size) {
    copy_unit held[copies_in_flight];
    for (unsigned i = 0; i < copies_in_flight; ++i) {
      if (at + i * c.size < count) held[i] = from[at + i * c.size];
    }
    for (unsigned i = 0; i < copies_in_flight; ++i) {
      if (at + i * c.size < count) to[at + i * c.size] = held[i];
    }
  }
}

RK_DEVICE inline void copy_bytes(std::byte* to, const std::byte* from, std::uint64_t bytes,
                                 const crew& c) {
  RK_NO_UNROLL
  for (std::uint64_t at = c.place; at < bytes; at += c.size) to[at] = from[at];
}

/// Bytes until `p` is aligned to a unit.
RK_DEVICE inline std::uint64_t misalignment(const std::byte* p) {
  return (sizeof(copy_unit) - reinterpret_cast<std::uintptr_t>(p) % sizeof(copy_unit)) %
         sizeof(copy_unit);
}

/// Copies by units where both sides are aligned alike, with the odd bytes at both ends.
RK_DEVICE inline void copy(std::byte* to, const std::byte* from, std::uint64_t bytes,
                           const crew& c) {
  const std::uint64_t head = misalignment(from);
  if (misalignment(to) != head || bytes < head + sizeof(copy_unit)) {
    copy_bytes(to, from, bytes, c);
    return;
  }
  const std::uint64_t units = (bytes - head) / sizeof(copy_unit);
  const std::uint64_t tail = head + units * sizeof(copy_unit);
  copy_bytes(to, from, head, c);
  copy_units(reinterpret_cast<copy_unit*>(to + head),
             reinterpret_cast<const copy_unit*>(from + head), units, c);
  copy_bytes(to + tail, from + tail, bytes - tail, c);
}

/// True if any of the caller's bytes differ.
RK_DEVICE inline bool differs(const std::byte* a, const std::byte* b, std::uint64_t bytes,
                              const crew& c) {
  bool found = false;
  const std::uint64_t units =
      misalignment(a) == 0 && misalignment(b) == 0 ? bytes / sizeof(copy_unit) : 0;
  const auto* x = reinterpret_cast<const copy_unit*>(a);
  const auto* y = reinterpret_cast<const copy_unit*>(b);
  RK_NO_UNROLL
  for (std::uint64_t at = c.place; at < units; at += c.size) {
    found |= x[at].low != y[at].low || x[at].high != y[at].high;
  }
  RK_NO_UNROLL
  for (std::uint64_t at = units * sizeof(copy_unit) + c.place; at < bytes; at += c.size) {
    found |= a[at] != b[at];
  }
  return found;
}

/// Page by page, a block each: looks which pages differ from what `to` holds, and copies those.
RK_DEVICE inline void copy_changed_pages(const abi::copy_region& r, const block_share& s) {
  const std::uint64_t pages = (r.bytes + abi::page_bytes - 1) / abi::page_bytes;
  const crew c = block_crew();
  for (std::uint64_t page = s.place; page < pages; page += s.blocks) {
    const std::uint64_t at = page * abi::page_bytes;
    const std::uint64_t left = r.bytes - at;
    const std::uint64_t bytes = left < abi::page_bytes ? left : abi::page_bytes;
    const bool changed = block_sync_or(differs(r.from + at, r.to + at, bytes, c));
    if (changed) copy(r.to + at, r.from + at, bytes, c);
    if (c.place == 0) r.changed_pages[page] = changed ? 1 : 0;
  }
}

/// From this size on a region is worth all blocks; a smaller one is copied by one of them.
inline constexpr std::uint64_t shared_region_bytes = abi::page_bytes;

/// Keeps what is about to be replaced. Called by all threads of one block.
RK_DEVICE inline void keep_displaced(const abi::copy_region& r) {
  const std::uint64_t bytes = r.bytes < abi::displaced_bytes ? r.bytes : abi::displaced_bytes;
  copy_bytes(r.displaced, r.to, bytes, block_crew());
  block_sync();
}

/// The calling block's share of an operation's region number `index`. Called by all threads of all
/// blocks that share the work.
RK_DEVICE inline void copy_share(const abi::copy_region& r, std::uint32_t index,
                                 const block_share& s) {
  if (r.changed_pages != nullptr) {
    copy_changed_pages(r, s);
    return;
  }
  const bool is_shared = r.bytes >= shared_region_bytes;
  if (!is_shared && index % s.blocks != s.place) return;
  if (r.displaced != nullptr) keep_displaced(r);
  copy(r.to, r.from, r.bytes, is_shared ? crew_of(s) : block_crew());
}

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
