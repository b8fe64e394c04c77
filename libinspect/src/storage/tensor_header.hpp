#pragma once

#include <string>
#include <vector>

#include <rk/storage/tensor_file.hpp>

namespace rk::storage::detail {

/// Notes in which the checksums stand: a space-separated list by tensor, and the header's own,
/// taken with `blank_checksum` in its place.
inline constexpr const char* checksums_note = "rk.crc32c";
inline constexpr const char* header_checksum_note = "rk.header_crc32c";
inline constexpr std::string_view blank_checksum = "00000000";

/// The header's JSON, padded with spaces so that the arrays begin aligned.
[[nodiscard]] std::string to_header_text(const std::vector<tensor>& tensors, const metadata& notes);

/// Eight hexadecimal digits.
[[nodiscard]] std::string to_hex(std::uint32_t checksum);

}  // namespace rk::storage::detail
