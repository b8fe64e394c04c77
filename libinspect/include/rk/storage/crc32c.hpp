#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rk::storage {

/// CRC-32C (Castagnoli) of bytes that come in pieces: pass the result of the last piece as
/// `before`. Source: RFC 3720, appendix B.4.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace rk::storage
