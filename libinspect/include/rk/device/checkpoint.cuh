#pragma once

#include <cstddef>
#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/kernel_control.hpp>
#include <rk/device/actor.cuh>

/// For kernels that keep state in registers or shared memory: how they learn, one step ahead, that
/// the next safe point is a checkpoint, so that they can put that state into symbols before it.
///
/// ```
/// __global__ void simulate(rk::device_view view, float* tiles) {  // tiles: [actors, 256],
/// checkpointed
///   __shared__ float tile[256];
///   rk::actor self = rk::start(view);
///   rk::restore_shared(self, tile, tiles);
///   while (rk::safe_point(self)) {
///     if (rk::state_replaced(self)) rk::restore_shared(self, tile, tiles);
///     step(self, tile);                                            // with a grid barrier in it
///     rk::checkpoint_shared(self, tile, tiles);
///   }
///   rk::finish(self);
/// }
/// ```
namespace rk {

/// What becomes of the kernel at its next safe point.
enum class checkpoint_kind : std::uint8_t {
  none,     ///< nothing is saved there
  proceed,  ///< state is saved, and the kernel goes on
  leave,    ///< state is saved, and the kernel leaves its loop
};

inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// Whether the actors have agreed on an operation at the next safe point. Called by the leader.
[[nodiscard]] RK_DEVICE inline bool operation_is_next(const actor& self) {
  if (self.view.sync == synchrony::independent) return false;
  const std::uint64_t agreed =
      atomic_load<order::relaxed, scope::device>(self.view.control->agreement.word);
  return abi::agreement_step(agreed) == leaders().safe_points &&
         (abi::agreement_bits(agreed) & abi::agreed_operation) != 0;
}

[[nodiscard]] RK_DEVICE inline bool operation_leaves(const actor& self) {
  // Acquired by actor 0 when it agreed; the barrier since then carries it.
  return abi::has(self.view.requests->operation.flags, abi::operation_flag::leave);
}

}  // namespace detail

/// What is wanted of this kernel at its next safe point; the same in all threads of all blocks.
/// Called by all threads of a block, behind the last grid barrier before that safe point: the
/// barrier carries the agreement. Always `none` in kernels without common safe points, whose actors
/// look at `rk::preempted` behind their loop.
///
/// What was announced may still be taken back, so state that was saved for it may stay unused.
[[nodiscard]] RK_DEVICE inline checkpoint_kind checkpoint_mode(const actor& self) {
  const bool is_next = self.leader && detail::operation_is_next(self);
  if (!block_sync_or(is_next)) return checkpoint_kind::none;
  const bool leaves = block_sync_or(self.leader && detail::operation_leaves(self));
  return leaves ? checkpoint_kind::leave : checkpoint_kind::proceed;
}

/// True if the next safe point is a checkpoint. As checkpoint_mode.
[[nodiscard]] RK_DEVICE inline bool checkpoint_requested(const actor& self) {
  return block_sync_or(self.leader && detail::operation_is_next(self));
}

/// Copies `count` elements of the block's own memory to its row of `area`, a symbol of shape
/// [actors, count]. Called by all threads of a block, which have done with writing `from`.
template <class T>
RK_DEVICE void checkpoint_save(const actor& self, const T* from, T* area, std::size_t count) {
  const index3 e = block_extent();
  block_sync();
  T* row = area + self.index * count;
  for (std::size_t i = linear_thread_index(); i < count; i += e.x * e.y * e.z) row[i] = from[i];
}

/// The other way round: from the block's row to its own memory, which all its threads can read
/// afterwards.
template <class T>
RK_DEVICE void checkpoint_load(const actor& self, T* to, const T* area, std::size_t count) {
  const index3 e = block_extent();
  block_sync();
  const T* row = area + self.index * count;
  for (std::size_t i = linear_thread_index(); i < count; i += e.x * e.y * e.z) to[i] = row[i];
  block_sync();
}

/// Saves a tile of shared memory if the next safe point is a checkpoint; returns whether. As
/// checkpoint_requested and checkpoint_save.
template <class T, std::size_t Count>
RK_DEVICE bool checkpoint_shared(const actor& self, const T (&tile)[Count], T* area) {
  if (!checkpoint_requested(self)) return false;
  checkpoint_save(self, tile, area, Count);
  return true;
}

/// Gives a tile of shared memory the values it was saved with.
template <class T, std::size_t Count>
RK_DEVICE void restore_shared(const actor& self, T (&tile)[Count], const T* area) {
  checkpoint_load(self, tile, area, Count);
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
