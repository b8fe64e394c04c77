#pragma once

#include <cstddef>
#include <cstdint>

#include <rk/abi/coherent.hpp>
#include <rk/abi/compiler.hpp>
#include <rk/device/actor.cuh>
#include <rk/device/region_copy.cuh>
#include <rk/device/wait.cuh>

/// Host memory on demand: a kernel works on a copy in device memory, which costs no trip to the
/// host, and fetches or hands back all of it when it wants to.
/// ```
/// bool is_new = false;
/// if (rk::coherence_acquire(self, settings, is_new) != rk::status::ok) break;
/// use(rk::device_data(settings));
/// rk::coherence_release(self, results);
/// ```
/// A region belongs to one block of one kernel: it alone calls these functions, with all its
/// threads. Others see the copy behind a barrier. Host and kernel do not write the same region at
/// the same time: which of them may is up to the program.
namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

RK_DEVICE inline std::uint64_t words_of(const abi::coherent_handle& r) {
  return (r.bytes + 7) / 8;
}

/// Copies what the host wrote, once all of it is written and none changes meanwhile. Called by all
/// threads of the block; `version` is the leader's.
RK_DEVICE inline bool fetch(const actor& self, const abi::coherent_handle& r,
                            std::uint64_t version) {
  const crew c = block_crew();
  for (std::uint64_t w = c.place; w < words_of(r); w += c.size) {
    r.device_words[w] = atomic_load<order::relaxed, scope::system>(r.host_words[w]);
  }
  // The loads above stay before the look below.
  fence<order::acq_rel, scope::system>();
  block_sync();
  const bool has_changed =
      self.leader && atomic_load<order::relaxed, scope::system>(r.line->host_writes) != version;
  return !block_sync_or(has_changed);
}

}  // namespace detail

/// The copy on the device.
template <class T>
[[nodiscard]] RK_DEVICE T* device_data(const coherent_region<T>& r) {
  return reinterpret_cast<T*>(r.device_words);
}

/// Makes the copy on the device what the host wrote last; `is_new` says whether that was anything
/// new. What the host's thread wrote before rk::coherent_write is visible too. Returns `timed_out`
/// or `aborted` if the host does not end writing.
[[nodiscard]] RK_DEVICE inline status coherence_acquire(actor& self, const abi::coherent_handle& r,
                                                        bool& is_new, int line = __builtin_LINE()) {
  __shared__ std::uint64_t version;
  is_new = false;
  const std::uint64_t since = clock_ns();
  for (bool is_torn = false;;) {
    block_sync();
    status result = status::ok;
    if (self.leader && is_torn) {
      // A host that writes all the time must not keep the kernel for ever.
      result = detail::interruption<detail::yields_to::nothing>(since, self.view.wait_deadline_ns);
    }
    if (self.leader && result == status::ok) {
      const std::uint64_t& writes = r.line->host_writes;
      // An even number says that nobody writes.
      result =
          detail::wait_until<detail::yields_to::nothing>(abi::wait_kind::user, 0, 1, line, [&] {
            version = atomic_load<order::acquire, scope::system>(writes);
            return std::uint64_t{version % 2 == 0 ? 1u : 0u};
          });
    }
    result = detail::share_status(self, result);
    if (result != status::ok) return result;
    if (version == r.counters->seen) {
      if (self.leader) detail::publish(r.counters->unchanged, r.counters->unchanged + 1);
      return status::ok;
    }
    const bool is_whole = detail::fetch(self, r, version);
    if (self.leader && !is_whole) detail::publish(r.counters->retries, r.counters->retries + 1);
    is_torn = !is_whole;
    if (is_torn) continue;
    if (self.leader) {
      detail::publish(r.counters->seen, version);
      detail::publish(r.counters->acquired, r.counters->acquired + 1);
      detail::publish(r.counters->last_ns, clock_ns());
    }
    block_sync();
    is_new = true;
    return status::ok;
  }
}

/// Makes the host's memory what the copy on the device is. What the block wrote before is visible
/// to a host that reads it by rk::coherent_read.
RK_DEVICE inline void coherence_release(const actor& self, const abi::coherent_handle& r) {
  std::uint64_t& writes = r.line->device_writes;
  std::uint64_t version = 0;
  if (self.leader) {
    version = atomic_load<order::relaxed, scope::system>(writes);
    atomic_store<order::relaxed, scope::system>(writes, version + 1);
    // No word, which come behind the barrier, may be seen before that.
    fence<order::acq_rel, scope::system>();
  }
  block_sync();
  const detail::crew c = detail::block_crew();
  for (std::uint64_t w = c.place; w < detail::words_of(r); w += c.size) {
    atomic_store<order::relaxed, scope::system>(r.host_words[w], r.device_words[w]);
  }
  block_sync();
  if (!self.leader) return;
  atomic_store<order::release, scope::system>(writes, version + 2);
  detail::publish(r.counters->released, r.counters->released + 1);
  detail::publish(r.counters->last_ns, clock_ns());
}

}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
