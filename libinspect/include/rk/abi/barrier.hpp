#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/version.hpp>

namespace rk {

namespace abi {

/// Counters of one barrier. Nothing is ever reset while a kernel runs: a generation is over once
/// every member has arrived that often, or has left.
///
/// Protocol: a member's leader adds one to `arrived` (acquire and release, device scope) and polls
/// it (acquire) until it is generation * (members - left) + left_arrivals. A member that leaves
/// adds its arrivals to `left_arrivals`, then one to `left` (release); who waits looks at `left`
/// (acquire) now and then. A goal that was made of newer arrivals than leavers is too high, never
/// too low, and is made again when `left` has followed.
struct barrier_record {
  alignas(line_bytes) std::uint64_t arrived;  ///< arrivals of all members since the launch
  alignas(line_bytes) std::uint64_t left;     ///< members that have left
  std::uint64_t left_arrivals;                ///< arrivals of those
  alignas(line_bytes) std::uint64_t members;  ///< written by hosts, before the launch
};

/// What a member says of itself, on a line of its own: to neighbours, which wait for it; to people,
/// who look for the one that is behind; and to itself, when its kernel is resumed.
///
/// Protocol: the member's leader is the only writer (release); neighbours poll it (acquire).
struct alignas(line_bytes) barrier_slot {
  std::uint64_t generation;  ///< arrivals so far; `has_left` once it will not come again
};
/// No number of arrivals comes near it.
inline constexpr std::uint64_t has_left = std::uint64_t{1} << 62;

/// Which barrier of a set an actor belongs to, and its place among the set's slots.
struct barrier_seat {
  std::uint32_t barrier;
  std::uint32_t slot;
};
inline constexpr std::uint32_t no_seat = 0xffff'ffff;

static_assert(sizeof(barrier_record) == 3 * line_bytes && sizeof(barrier_slot) == line_bytes);
static_assert(offsetof(barrier_record, left) == line_bytes &&
              offsetof(barrier_record, members) == 2 * line_bytes);
static_assert(std::is_trivially_copyable_v<barrier_record>);

}  // namespace abi

/// One barrier or several, each over some of a kernel's actors. A handle that kernels take by
/// value; made by session::create_barrier and session::create_neighborhoods, valid while the
/// session lives. For one kernel at a time.
struct barrier_set {
  abi::barrier_record* barriers = nullptr;
  abi::barrier_slot* slots = nullptr;        ///< one for each seat
  const abi::barrier_seat* seats = nullptr;  ///< [seat_count], by actor
  std::uint32_t seat_count = 0;              ///< actors from this number on have none
  std::uint32_t reserved = 0;
};

/// Who is whose neighbour among a kernel's actors, for barriers between neighbours. A handle, as
/// barrier_set is; made by session::create_neighbor_barrier.
struct neighbor_set {
  abi::barrier_slot* slots = nullptr;        ///< [actor_count]
  const std::uint32_t* first = nullptr;      ///< [actor_count + 1], into `neighbors`
  const std::uint32_t* neighbors = nullptr;  ///< actors, those of one behind those of another
  std::uint32_t actor_count = 0;
  std::uint32_t reserved = 0;
};

static_assert(std::is_trivially_copyable_v<barrier_set> && sizeof(barrier_set) == 32);
static_assert(std::is_trivially_copyable_v<neighbor_set> && sizeof(neighbor_set) == 32);

}  // namespace rk
