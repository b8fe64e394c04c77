#include "backend/cpu/word_copy.hpp"

#include <cstdint>

namespace rk::backend::cpu {

// Copies are races by design; see the header.
#define RK_RACES_BY_DESIGN __attribute__((no_sanitize("thread"), no_sanitize("address")))

namespace {

/// Copies one aligned word by one load. Returns its size.
template <class Word>
RK_RACES_BY_DESIGN std::size_t copy_one(std::byte* to, const std::byte* from) {
  const Word word = *reinterpret_cast<const volatile Word*>(from);
  __builtin_memcpy(to, &word, sizeof word);
  return sizeof word;
}

}  // namespace

RK_RACES_BY_DESIGN void copy_words(std::byte* to, const std::byte* from, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes;) {
    const auto address = reinterpret_cast<std::uintptr_t>(from + at);
    const std::size_t left = bytes - at;
    if (address % 8 == 0 && left >= 8) {
      at += copy_one<std::uint64_t>(to + at, from + at);
    } else if (address % 4 == 0 && left >= 4) {
      at += copy_one<std::uint32_t>(to + at, from + at);
    } else if (address % 2 == 0 && left >= 2) {
      at += copy_one<std::uint16_t>(to + at, from + at);
    } else {
      at += copy_one<std::uint8_t>(to + at, from + at);
    }
  }
}

}  // namespace rk::backend::cpu
