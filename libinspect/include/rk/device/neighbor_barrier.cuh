#pragma once

#include <cstdint>

#include <rk/abi/barrier.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/wait.cuh>

namespace rk {
inline namespace RK_BACKEND_NAMESPACE {

namespace detail {

/// The long part of a wait: by the leader, for one after the other.
RK_DEVICE RK_NOINLINE status wait_for_neighbors(const neighbor_set& set, std::uint32_t first,
                                                std::uint32_t count, std::uint64_t generation,
                                                int line) {
  status result = status::ok;
  RK_NO_UNROLL
  for (std::uint32_t i = first; i < first + count && result == status::ok; ++i) {
    const std::uint32_t neighbor = set.neighbors[i];
    const std::uint64_t& theirs = set.slots[neighbor].generation;
    result = wait_until(abi::wait_kind::neighbors, neighbor, generation, line,
                        [&] { return look_at(theirs); });
  }
  return result;
}

}  // namespace detail

/// A barrier between neighbours: an actor waits for its own only, so waves of progress run through
/// the grid and no word is shared by all.
///
/// Each actor counts its arrivals in a slot of its own (release), and reads its neighbours' slots
/// (acquire) until none is behind. What a neighbour wrote before it arrived is visible behind the
/// wait; of actors further away nothing is said. Neighbours are at most one generation apart.
/// ```
/// rk::neighbor_barrier halo(self, set);   // session.create_neighbor_barrier("halo", topology)
/// if (halo.sync() != rk::status::ok) break;
/// ```
/// All functions are called by all threads of a block, at the same place. Make the object behind
/// `rk::start`; from its end on nobody waits for this actor, unless the kernel was preempted.
class neighbor_barrier {
 public:
  RK_DEVICE neighbor_barrier(actor& self, const neighbor_set& set) : self_(&self), set_(&set) {
    if (self.index >= set.actor_count) return;
    slot_ = set.slots + self.index;
    first_ = set.first[self.index];
    count_ = set.first[self.index + 1] - first_;
    generation_ = atomic_load<order::relaxed, scope::device>(slot_->generation);
    // Before the kernel was resumed.
    if ((generation_ & abi::has_left) != 0) slot_ = nullptr;
    if (linear_thread_index() < count_) watched_ = &generation_of(linear_thread_index());
  }
  RK_DEVICE ~neighbor_barrier() {
    if (block_sync_or(self_->leader && detail::leaves_in_order(*self_))) leave();
  }
  neighbor_barrier(const neighbor_barrier&) = delete;
  neighbor_barrier& operator=(const neighbor_barrier&) = delete;

  /// Neighbours of the calling actor, those that have left included.
  [[nodiscard]] RK_DEVICE std::uint32_t neighbor_count() const { return count_; }
  /// Number of one of them in the kernel; `i` is less than neighbor_count().
  [[nodiscard]] RK_DEVICE std::uint32_t neighbor(std::uint32_t i) const {
    return set_->neighbors[first_ + i];
  }

  /// Says that this actor has come. What it wrote before is visible to neighbours that wait for it.
  RK_DEVICE void arrive() {
    if (slot_ == nullptr) return;
    block_sync();
    ++generation_;
    if (self_->leader) atomic_store<order::release, scope::device>(slot_->generation, generation_);
  }
  /// Waits until every neighbour has come as often. Returns `timed_out` or `aborted` if one does
  /// not.
  [[nodiscard]] RK_DEVICE status wait(int line = __builtin_LINE()) {
    if (slot_ == nullptr) return status::ok;
    // One thread each; the block barrier hands on to all what each of them acquired.
    const bool waits = block_sync_or(is_any_behind());
    status result = status::ok;
    if (waits && self_->leader) [[unlikely]] {
      result = detail::wait_for_neighbors(*set_, first_, count_, generation_, line);
    }
    if (result == status::ok) {
      detail::keep_if_everything(*self_, abi::event_kind::met,
                                 static_cast<std::uint32_t>(abi::wait_kind::neighbors),
                                 generation_);
    }
    return waits ? detail::share_status(*self_, result) : status::ok;
  }
  /// Both.
  [[nodiscard]] RK_DEVICE status sync(int line = __builtin_LINE()) {
    arrive();
    return wait(line);
  }
  /// This actor is waited for no longer.
  RK_DEVICE void leave() {
    if (slot_ == nullptr) return;
    block_sync();
    if (self_->leader) {
      atomic_store<order::release, scope::device>(slot_->generation, generation_ | abi::has_left);
    }
    slot_ = nullptr;
  }

 private:
  [[nodiscard]] RK_DEVICE const std::uint64_t& generation_of(std::uint32_t i) const {
    return set_->slots[neighbor(i)].generation;
  }
  /// Polls for a little while.
  [[nodiscard]] RK_DEVICE bool is_behind(const std::uint64_t& theirs) const {
    RK_NO_UNROLL
    for (unsigned poll = 0; poll <= quick_polls; ++poll) {
      if (detail::look_at(theirs) >= generation_) return false;
    }
    return true;
  }
  /// Looks at the calling thread's share of the neighbours.
  [[nodiscard]] RK_DEVICE bool is_any_behind() const {
    if (watched_ == nullptr) return false;
    if (is_behind(*watched_)) return true;
    const index3 e = block_extent();
    const std::uint32_t threads = e.x * e.y * e.z;
    RK_NO_UNROLL
    for (std::uint32_t i = linear_thread_index() + threads; i < count_; i += threads) {
      if (is_behind(generation_of(i))) return true;
    }
    return false;
  }

  actor* self_;
  const neighbor_set* set_;
  abi::barrier_slot* slot_ = nullptr;       ///< null: it has left
  const std::uint64_t* watched_ = nullptr;  ///< the calling thread's first neighbour's generation
  std::uint64_t generation_ = 0;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
