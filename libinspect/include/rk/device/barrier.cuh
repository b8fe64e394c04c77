#pragma once

#include <cstdint>

#include <rk/abi/barrier.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/wait.cuh>

/// Barriers over all actors of a kernel, or over some of them.
///
/// A barrier orders memory: what any thread of a member wrote before it arrived is visible to every
/// thread of a member that has waited. The block barrier orders the block's writes before the
/// leader's arrival (release), the leader's poll (acquire) orders the block's reads behind it.
///
/// All members must be resident at once; a launch through a session sees to that. A member that
/// leaves (its barrier object goes out of scope, or for the grid barrier `rk::finish`) is waited
/// for no longer, unless it failed or was aborted.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// Signed, as clocks are compared: a goal made of newer figures may lie behind.
RK_DEVICE inline bool is_reached(std::uint64_t arrived, std::uint64_t goal) {
  return static_cast<std::int64_t>(arrived - goal) >= 0;
}

/// Takes note of members that have left.
RK_DEVICE inline void look_who_left(const abi::barrier_record& at, std::uint32_t members,
                                    barrier_standing& s) {
  const std::uint64_t left = atomic_load<order::acquire, scope::device>(at.left);
  if (s.present == members - left) return;
  s.present = members - static_cast<std::uint32_t>(left);
  s.wanted =
      s.generation * s.present + atomic_load<order::relaxed, scope::device>(at.left_arrivals);
}

/// The long part of a wait at a barrier, behind the polls that are worth making at once.
RK_DEVICE RK_NOINLINE status wait_long_at(const abi::barrier_record& at, std::uint32_t members,
                                          barrier_standing& s, abi::wait_kind kind,
                                          std::uint32_t object, int line) {
  struct {
    const abi::barrier_record& at;
    std::uint32_t members;
    barrier_standing& s;
    std::uint64_t observed = 0;
    RK_DEVICE bool operator()(unsigned attempt) {
      if (attempt % polls_per_check == 1) look_who_left(at, members, s);
      observed = atomic_load<order::acquire, scope::device>(at.arrived);
      return is_reached(observed, s.wanted);
    }
    RK_DEVICE std::uint64_t expected() const { return s.wanted; }
  } poll{at, members, s};
  return wait_for<yields_to::nothing>(kind, object, line, leaders().who.deadline_ns, poll);
}

/// The short part, by a leader who has arrived. False: not all came meanwhile.
RK_DEVICE inline bool wait_shortly_at(const abi::barrier_record& at, std::uint64_t wanted) {
  RK_NO_UNROLL
  for (unsigned i = 0; i <= quick_polls; ++i) {
    if (is_reached(look_at(at.arrived), wanted)) return true;
  }
  return false;
}

/// Called by the leader behind a block barrier: one more arrival. True if it was the last one, so
/// that nobody is left to wait for. The arrival comes first: whoever is not the last has time.
RK_DEVICE inline bool arrive_at(abi::barrier_record& at, barrier_standing& standing) {
  const std::uint64_t arrived = add_one(at.arrived) + 1;
  ++standing.generation;
  standing.wanted += standing.present;
  return is_reached(arrived, standing.wanted);
}

}  // namespace detail

/// Barrier over all actors of the kernel, called by all threads of every block.
///
/// Works with and without a cooperative launch, as long as all blocks are resident. Actors that
/// have finished are waited for no longer. Returns `timed_out` or `aborted` if the others did not
/// come; the barrier is unusable afterwards.
[[nodiscard]] RK_DEVICE inline status grid_sync(actor& self, int line = __builtin_LINE()) {
  abi::barrier_record& at = self.view.control->grid_barrier;
  block_sync();
  if (self.leader) {
    detail::barrier_standing& standing = detail::leaders().at_grid;
    status result = status::ok;
    if (!detail::arrive_at(at, standing) && !detail::wait_shortly_at(at, standing.wanted))
        [[unlikely]] {
      result = detail::wait_long_at(at, self.view.actor_count, standing,
                                    abi::wait_kind::grid_barrier, 0, line);
    }
    detail::note_met(self, result, abi::wait_kind::grid_barrier, standing.generation);
  }
  return detail::share_failure(self);
}

/// A barrier over some of a kernel's actors, and an actor's place in it. Arriving and waiting can
/// stand apart, with work in between that the others need not wait for.
/// ```
/// __global__ void exchange(rk::device_view view, rk::barrier_set halo_set) {
///   rk::actor self = rk::start(view);
///   rk::named_barrier halo(self, halo_set);        // session.create_barrier("halo", {0, 2, 4})
///   while (rk::safe_point(self)) {
///     write_halo();
///     if (halo.arrive() != rk::status::ok) break;
///     work_inside();
///     if (halo.wait() != rk::status::ok) break;
///     read_halo();
///   }
///   rk::finish(self);
/// }
/// ```
/// All functions are called by all threads of a block, at the same place. For an actor that is no
/// member they do nothing and return ok. Make the object behind `rk::start`, before the first safe
/// point: until then the others wait for a member, and from its end on no more, unless the kernel
/// was preempted, or the actor failed.
class named_barrier {
 public:
  RK_DEVICE named_barrier(actor& self, const barrier_set& set) : self_(&self), set_(&set) {
    const abi::barrier_seat seat = find_seat();
    if (seat.barrier == abi::no_seat) return;
    slot_ = set.slots + seat.slot;
    // Of a kernel that was resumed it is not zero: the last arrival may still be waited for.
    const std::uint64_t generation = atomic_load<order::relaxed, scope::device>(slot_->generation);
    if ((generation & abi::has_left) != 0) return;
    record_ = set.barriers + seat.barrier;
    const auto members = static_cast<std::uint32_t>(record_->members);
    standing_ = {generation, generation * members, members};
    is_pending_ = generation != 0;
  }
  RK_DEVICE ~named_barrier() {
    if (block_sync_or(self_->leader && detail::leaves_in_order(*self_))) leave();
  }
  named_barrier(const named_barrier&) = delete;
  named_barrier& operator=(const named_barrier&) = delete;

  /// Whether the calling actor is one of its members.
  [[nodiscard]] RK_DEVICE bool is_member() const { return record_ != nullptr; }
  /// How many there are, those that have left included; 0 for an actor that is none.
  [[nodiscard]] RK_DEVICE std::uint32_t members() const {
    return record_ == nullptr ? 0 : static_cast<std::uint32_t>(record_->members);
  }

  /// Says that this actor has come. What it wrote before is visible to whoever waits for it. Nobody
  /// is two generations ahead: if this actor did not wait in the one before, it does now, which may
  /// fail as `wait` does.
  [[nodiscard]] RK_DEVICE status arrive(int line = __builtin_LINE()) {
    if (record_ == nullptr) return status::ok;
    if (is_pending_) [[unlikely]] {
      const status before = wait(line);
      if (before != status::ok) return before;
    }
    block_sync();
    is_pending_ = true;
    if (!self_->leader) return status::ok;
    is_last_ = detail::arrive_at(*record_, standing_);
    detail::publish(slot_->generation, standing_.generation);
    return status::ok;
  }
  /// Waits until all others have come as often as this actor has. Returns `timed_out` or `aborted`
  /// if they do not.
  [[nodiscard]] RK_DEVICE status wait(int line = __builtin_LINE()) {
    if (record_ == nullptr) return status::ok;
    is_pending_ = false;
    if (self_->leader) {
      status result = status::ok;
      if (!is_last_ && !detail::wait_shortly_at(*record_, standing_.wanted)) [[unlikely]] {
        result = wait_long(line);
      }
      detail::note_met(*self_, result, abi::wait_kind::barrier, standing_.generation);
    }
    return detail::share_failure(*self_);
  }
  /// Both.
  [[nodiscard]] RK_DEVICE status sync(int line = __builtin_LINE()) {
    const status arrived = arrive(line);
    return arrived == status::ok ? wait(line) : arrived;
  }
  /// Arrives, and waits only if `waits`, which is the same in all threads of the block: for an
  /// actor that the others need, but that does not need them in this generation.
  [[nodiscard]] RK_DEVICE status arrive_if(bool waits, int line = __builtin_LINE()) {
    return waits ? sync(line) : arrive(line);
  }
  /// This actor is waited for no longer. What it wrote before is visible to whoever would have
  /// waited.
  RK_DEVICE void leave() {
    if (record_ == nullptr) return;
    block_sync();
    if (self_->leader) {
      detail::leave_barrier(*record_, standing_.generation);
      detail::publish(slot_->generation, standing_.generation | abi::has_left);
    }
    record_ = nullptr;
  }

 private:
  /// The leader's. In the block's own memory, since what has an address is kept out of registers.
  [[nodiscard]] RK_DEVICE status wait_long(int line) {
    __shared__ detail::barrier_standing held;
    held = standing_;
    const status result = detail::wait_long_at(*record_, members(), held, abi::wait_kind::barrier,
                                               find_seat().barrier, line);
    standing_ = held;
    return result;
  }
  [[nodiscard]] RK_DEVICE abi::barrier_seat find_seat() const {
    const bool has_seat = self_->index < set_->seat_count;
    return has_seat ? set_->seats[self_->index] : abi::barrier_seat{abi::no_seat, abi::no_seat};
  }

  actor* self_;
  const barrier_set* set_;
  abi::barrier_record* record_ = nullptr;  ///< null: no member, or no longer
  abi::barrier_slot* slot_ = nullptr;
  detail::barrier_standing standing_{};  ///< the leader's
  bool is_last_ = false;                 ///< the leader's: all others had arrived before
  bool is_pending_ = false;              ///< it has arrived and did not wait
};

/// A tile of X times Y times Z neighbouring blocks of the grid, and the barrier over it; tiles at
/// the grid's far ends may be smaller.
/// ```
/// // tiles: session.create_neighborhoods("near", grid, {4, 4, 4})
/// rk::neighborhood<4, 4, 4> near(self, tiles);
/// if (near.sync() != rk::status::ok) break;      // waits for 63 blocks, not for all
/// ```
template <unsigned X, unsigned Y = 1, unsigned Z = 1>
class neighborhood : public named_barrier {
 public:
  using named_barrier::named_barrier;

  /// The calling block's place in its tile, x fastest.
  [[nodiscard]] RK_DEVICE static std::uint32_t rank() {
    const index3 b = block_index();
    return ((b.z % Z) * Y + b.y % Y) * X + b.x % X;
  }
  /// Blocks of a whole tile.
  [[nodiscard]] RK_DEVICE static constexpr std::uint32_t size() { return X * Y * Z; }
};

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
