#pragma once

#include <cstdint>

namespace rk::abi {

/// Eight bytes and the number of the message that they belong to, stored and loaded at once: data
/// needs no flag and no fence of its own. Where 16 bytes cannot be stored at once (hosts, the CPU
/// back-end) the word goes first and the tag behind it (release).
struct alignas(16) tagged_word {
  std::uint64_t tag;
  std::uint64_t word;
};
static_assert(sizeof(tagged_word) == 16);

}  // namespace rk::abi
