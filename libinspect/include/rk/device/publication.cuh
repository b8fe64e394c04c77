#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/publication.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/atomic.cuh>
#include <rk/device/execution.cuh>

/// Writing a symbol so that a reader can tell whether it caught it half written (consistency
/// `versioned`).
/// ```
/// {
///   rk::publish_guard guard(self, *publication);   // session.publication("field", blocks)
///   write_own_part_of(field);
/// }
/// rk::grid_sync(self);   // before the next write, if several blocks write
/// ```
/// Leave pauses between two writes that are longer than a copy of the symbol takes: a reader can
/// succeed only there.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {

/// Called by all threads of a block, before its first store to the symbol. A block-wide barrier.
RK_DEVICE inline void begin_publication(const actor& self, abi::publication& p) {
  if (self.leader) {
    atomic_add<order::relaxed, scope::system>(p.begun, std::uint64_t{1});
    // No store of the block, which come behind the barrier, may be seen before `begun`.
    fence<order::acq_rel, scope::system>();
  }
  block_sync();
}

/// Called by all threads of the block, after its last store. A block-wide barrier.
RK_DEVICE inline void end_publication(const actor& self, abi::publication& p) {
  block_sync();
  if (!self.leader) return;
  detail::publish(p.ended_ns, clock_ns());
  atomic_add<order::release, scope::system>(p.ended, std::uint64_t{1});
}

/// Both, for a scope that all threads of the block enter and leave together.
class publish_guard {
 public:
  RK_DEVICE publish_guard(const actor& self, abi::publication& p) : self_(self), publication_(p) {
    begin_publication(self, p);
  }
  RK_DEVICE ~publish_guard() { end_publication(self_, publication_); }
  publish_guard(const publish_guard&) = delete;
  publish_guard& operator=(const publish_guard&) = delete;

 private:
  const actor& self_;
  abi::publication& publication_;
};

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
