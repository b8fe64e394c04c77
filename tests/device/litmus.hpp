#pragma once

#include <cstdint>

#include <rk/abi/barrier.hpp>
#include <rk/abi/tagged_word.hpp>
#include <rk/host/portable_kernel.hpp>

/// Litmus tests: small races whose forbidden outcome is counted, each with the orders that the
/// runtime relies on, or with a fault that lets the outcome through.
namespace probe {

enum class litmus_pattern : std::uint32_t {
  message_passing,  ///< data, release flag; acquire flag, data
  through_blocks,   ///< the same, written and read by other threads of the blocks
  relayed,          ///< by way of a third actor, which acquires and releases
  store_buffering,  ///< both store, fence (seq_cst, system), and load the other's
  tagged_words,     ///< word and tag in one access
  fenced_words,     ///< the data behind a relaxed tagged word and fences
};

struct litmus_run {
  litmus_pattern pattern;
  std::uint64_t rounds;
  bool is_faulty;    ///< stores, or accesses, in the wrong order
  std::uint64_t* x;  ///< [pairs][words_apart], as the two below
  std::uint64_t* y;
  std::uint64_t* z;
  rk::abi::tagged_word* tagged;  ///< [pairs][words_apart / 2]
  std::uint64_t* forbidden;      ///< [actors] outcomes seen
  std::uint64_t* allowed;  ///< [actors] outcomes that are the interesting one of those allowed
};

/// Words between those of one pair and the next.
inline constexpr std::uint32_t words_apart = 64;

/// Actors in groups of three: a writer, a reader, and one between them (which does nothing where
/// there is none). They meet at their group's barrier before each round.
inline constinit rk::portable_kernel<litmus_run, rk::barrier_set> litmus{"litmus"};

}  // namespace probe
