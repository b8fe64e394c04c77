#include <rk/device.cuh>

#include "device/litmus.hpp"

namespace probe {
namespace {

using rk::order;
using rk::scope;

/// What is stored in the wrong order lies this far apart, so that somebody looks in between.
constexpr unsigned gap_ns = 50'000;
/// Looks that a reader makes in one round before it goes on without a result.
constexpr unsigned longest_look = 20'000;

enum class role : std::uint32_t { writer, reader, between };

/// The words of one group.
struct arena {
  std::uint64_t& x;
  std::uint64_t& y;
  std::uint64_t& z;
  rk::abi::tagged_word& tagged;
};

template <order O, scope S = scope::device>
__device__ std::uint64_t load(const std::uint64_t& from) {
  return rk::atomic_load<O, S>(from);
}
template <order O, scope S = scope::device>
__device__ void store(std::uint64_t& to, std::uint64_t value) {
  rk::atomic_store<O, S>(to, value);
}

/// True once `flag` is at least `wanted`.
template <order O>
__device__ bool comes(const std::uint64_t& flag, std::uint64_t wanted) {
  for (unsigned i = 1; i < longest_look; ++i) {
    if (load<O>(flag) >= wanted) return true;
    rk::pause(i);
  }
  return false;
}

/// Outcome of a round for one actor.
struct outcome {
  bool is_forbidden = false;
  bool is_allowed = false;  ///< the one that shows that the round was a race
};

__device__ outcome pass_message(role r, const arena& a, std::uint64_t n, bool is_faulty) {
  if (r == role::writer && is_faulty) {
    store<order::relaxed>(a.y, n);
    rk::sleep_ns(gap_ns);
    store<order::relaxed>(a.x, n);
  } else if (r == role::writer) {
    store<order::relaxed>(a.x, n);
    store<order::release>(a.y, n);
  } else if (r == role::reader && comes<order::acquire>(a.y, n)) {
    return {load<order::relaxed>(a.x) < n, true};
  }
  return {};
}

/// Called by all threads: the last one writes, the first one tells, and the other way round.
__device__ outcome pass_through_blocks(role r, const arena& a, std::uint64_t n, bool is_faulty) {
  const bool is_first = rk::linear_thread_index() == 0;
  const bool is_last = rk::linear_thread_index() == rk::block_extent().x - 1;
  bool came = false;
  if (r == role::writer) {
    if (is_faulty && is_first) store<order::release>(a.y, n);
    if (is_faulty) rk::sleep_ns(gap_ns);
    // What is wrong on purpose is no data race to a sanitizer all the same.
    if (is_last && is_faulty) store<order::relaxed>(a.x, n);
    if (is_last && !is_faulty) a.x = n;
    rk::block_sync();
    if (!is_faulty && is_first) store<order::release>(a.y, n);
  } else if (r == role::reader) {
    if (is_first) came = comes<order::acquire>(a.y, n);
    came = rk::block_sync_or(came);
    if (is_last && came) {
      const volatile std::uint64_t& x = a.x;
      return {(is_faulty ? load<order::relaxed>(a.x) : x) < n, true};
    }
  }
  return {};
}

__device__ outcome relay(role r, const arena& a, std::uint64_t n, bool is_faulty) {
  if (r == role::writer) {
    if (is_faulty) {
      store<order::relaxed>(a.y, n);
      rk::sleep_ns(gap_ns);
    }
    store<order::relaxed>(a.x, n);
    if (!is_faulty) store<order::release>(a.y, n);
  } else if (r == role::between) {
    if (comes<order::acquire>(a.y, n)) store<order::release>(a.z, n);
  } else if (comes<order::acquire>(a.z, n)) {
    return {load<order::relaxed>(a.x) < n, true};
  }
  return {};
}

/// Each stores its own word and loads the other's; at least one of them sees the other.
__device__ outcome buffer_stores(role r, const arena& a, std::uint64_t n, bool is_faulty) {
  if (r == role::between) return {};
  std::uint64_t& own = r == role::writer ? a.x : a.y;
  const std::uint64_t& other = r == role::writer ? a.y : a.x;
  std::uint64_t seen = 0;
  if (is_faulty) {
    seen = load<order::relaxed, scope::system>(other);
    store<order::relaxed, scope::system>(own, n);
  } else {
    store<order::relaxed, scope::system>(own, n);
    rk::fence<order::seq_cst, scope::system>();
    seen = load<order::relaxed, scope::system>(other);
  }
  // Whether the other one missed this one too is known behind the barrier: see finish_round.
  return {false, seen < n};
}

__device__ std::uint64_t word_of(std::uint64_t tag) {
  return tag * 0x9e37'79b9'7f4a'7c15;
}

/// The writer stores many words in a row; whatever the reader sees, word and tag belong together.
__device__ outcome tear_words(role r, const arena& a, std::uint64_t n, bool is_faulty) {
  constexpr std::uint64_t stores = 32;
  if (r == role::writer) {
    for (std::uint64_t tag = n * stores; tag < (n + 1) * stores; ++tag) {
      if (is_faulty) {
        store<order::relaxed>(a.tagged.tag, tag);
        rk::sleep_ns(gap_ns / 32);
        store<order::relaxed>(a.tagged.word, word_of(tag));
      } else {
        rk::detail::store_tagged<order::relaxed, scope::system>(a.tagged, tag, word_of(tag));
      }
    }
  } else if (r == role::reader) {
    outcome seen;
    for (unsigned i = 1; i < longest_look; ++i) {
      const rk::abi::tagged_word w =
          rk::detail::load_tagged<order::relaxed, scope::system>(a.tagged);
      if (w.tag == 0) continue;
      seen.is_forbidden |= w.word != word_of(w.tag);
      seen.is_allowed |= w.tag % stores != stores - 1;
      if (w.tag == (n + 1) * stores - 1) break;
      rk::pause(i);
    }
    return seen;
  }
  return {};
}

__device__ outcome fence_words(role r, const arena& a, std::uint64_t n, bool is_faulty) {
  if (r == role::writer) {
    if (is_faulty) {
      rk::detail::store_tagged<order::relaxed, scope::device>(a.tagged, n, n);
      rk::sleep_ns(gap_ns);
    }
    store<order::relaxed>(a.x, n);
    if (!is_faulty) rk::detail::store_tagged<order::release, scope::device>(a.tagged, n, n);
  } else if (r == role::reader) {
    for (unsigned i = 1; i < longest_look; ++i) {
      if (rk::detail::load_tagged<order::acquire, scope::device>(a.tagged).tag >= n) {
        return {load<order::relaxed>(a.x) < n, true};
      }
      rk::pause(i);
    }
  }
  return {};
}

__device__ outcome play(const litmus_run& l, role r, const arena& a, std::uint64_t n) {
  if (l.pattern == litmus_pattern::through_blocks) return pass_through_blocks(r, a, n, l.is_faulty);
  // The others take one thread of each.
  if (rk::linear_thread_index() != 0) return {};
  switch (l.pattern) {
    case litmus_pattern::message_passing:
      return pass_message(r, a, n, l.is_faulty);
    case litmus_pattern::relayed:
      return relay(r, a, n, l.is_faulty);
    case litmus_pattern::store_buffering:
      return buffer_stores(r, a, n, l.is_faulty);
    case litmus_pattern::tagged_words:
      return tear_words(r, a, n, l.is_faulty);
    default:
      return fence_words(r, a, n, l.is_faulty);
  }
}

__global__ void litmus_body(rk::device_view view, litmus_run l, rk::barrier_set groups) {
  rk::actor self = rk::start(view);
  {
    rk::named_barrier group(self, groups);
    const std::uint64_t at = std::uint64_t{self.index / 3} * words_apart;
    const arena a{l.x[at], l.y[at], l.z[at], l.tagged[at / 2]};
    const role r = static_cast<role>(self.index % 3);
    std::uint64_t forbidden = 0;
    std::uint64_t allowed = 0;
    for (std::uint64_t n = 1; n <= l.rounds; ++n) {
      if (group.sync() != rk::status::ok) break;
      const outcome o = play(l, r, a, n);
      if (l.pattern == litmus_pattern::store_buffering) {
        // z tells the reader behind the barrier whether the writer missed it.
        const bool missed = rk::block_sync_or(o.is_allowed);
        if (self.leader && r == role::writer) store<order::relaxed>(a.z, missed ? n : 0);
        if (group.sync() != rk::status::ok) break;
        const bool both = missed && r == role::reader && load<order::relaxed>(a.z) == n;
        if (self.leader && both) ++forbidden;
        if (self.leader && missed) ++allowed;
        continue;
      }
      const bool is_forbidden = rk::block_sync_or(o.is_forbidden);
      const bool is_allowed = rk::block_sync_or(o.is_allowed);
      if (self.leader && is_forbidden) ++forbidden;
      if (self.leader && is_allowed) ++allowed;
    }
    if (self.leader) {
      l.forbidden[self.index] = forbidden;
      l.allowed[self.index] = allowed;
    }
  }
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::litmus, probe::litmus_body);
