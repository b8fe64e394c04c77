#pragma once

#include <cstddef>

namespace rk::backend::cpu {

/// Stands in for the copy engine: it reads memory that running kernels write, and writes memory
/// that they read, which is a data race by the language's rules and is what a DMA does. Hidden from
/// ThreadSanitizer, which would be right to complain of anything else.
///
/// Each load takes as many bytes, up to eight, as `from` is aligned to and as are left: a value of
/// 1, 2, 4 or 8 bytes that is aligned to its size arrives whole.
void copy_words(std::byte* to, const std::byte* from, std::size_t bytes);

}  // namespace rk::backend::cpu
