#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <rk/model/value.hpp>

namespace rk::model::detail {

/// The first `t.size` of `bytes`. Throws `rk::incompatible` if there are fewer.
[[nodiscard]] std::span<const std::byte> bytes_of_value(const type& t,
                                                        std::span<const std::byte> bytes);

/// True if `t` is a scalar of a size that its encoding is known for; a 16-byte float is not.
[[nodiscard]] bool is_readable(const type& t) noexcept;

/// Up to 8 bytes, little-endian.
[[nodiscard]] std::uint64_t load_unsigned(std::span<const std::byte> bytes) noexcept;
[[nodiscard]] std::int64_t load_signed(std::span<const std::byte> bytes) noexcept;
/// For readable types of encoding `floating` or `brain_floating`.
[[nodiscard]] double load_floating(const type& t, std::span<const std::byte> bytes) noexcept;
/// The enumerator's name, or the number.
[[nodiscard]] scalar load_enumerator(const type& t, std::span<const std::byte> bytes);

/// "a", "\\n", "\\x80": a character of `size` bytes in ASCII, without quotation marks.
[[nodiscard]] std::string character_text(std::uint64_t code, std::uint64_t size);
/// "0x7f00".
[[nodiscard]] std::string address_text(std::uint64_t address);
/// "0x00ff...": bytes in the order in which they lie in memory, cut after 32.
[[nodiscard]] std::string raw_text(std::span<const std::byte> bytes);

}  // namespace rk::model::detail
