#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace rk::model::detail {

/// a + b, or nothing if that does not fit.
[[nodiscard]] constexpr std::optional<std::uint64_t> add(std::uint64_t a,
                                                         std::uint64_t b) noexcept {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

/// a * b, or nothing if that does not fit.
[[nodiscard]] constexpr std::optional<std::uint64_t> multiply(std::uint64_t a,
                                                              std::uint64_t b) noexcept {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

/// Bytes of an array, or nothing on overflow. A zero extent hides no overflow of the others, so the
/// strides of an array that passes are whole numbers too.
[[nodiscard]] std::optional<std::uint64_t> array_bytes(const std::vector<std::uint64_t>& shape,
                                                       std::uint64_t element_bytes) noexcept;

}  // namespace rk::model::detail
