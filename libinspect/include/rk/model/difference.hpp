#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <rk/model/type.hpp>

namespace rk::model {

/// How two arrays of the same type and shape differ.
struct difference {
  std::uint64_t elements = 0;
  std::uint64_t changed = 0;  ///< by their bytes: NaN equals the same NaN, -0 is not 0
  std::optional<std::uint64_t> first_changed;  ///< number of the element, row-major
  double max_absolute = 0;                     ///< of numbers that are finite on both sides
  double max_relative = 0;                     ///< absolute over the larger magnitude
  std::uint64_t nan_before = 0;
  std::uint64_t nan_after = 0;
  std::uint64_t infinite_before = 0;
  std::uint64_t infinite_after = 0;
};

/// Compares arrays that come piece by piece.
class difference_counter {
 public:
  explicit difference_counter(const type& element) : type_(element) {}

  /// The next elements of both sides, whole ones, equally many.
  void add(std::span<const std::byte> before, std::span<const std::byte> after);
  [[nodiscard]] const difference& result() const noexcept { return result_; }

 private:
  void add_element(std::span<const std::byte> before, std::span<const std::byte> after);

  const type& type_;
  difference result_;
};

/// Place of element `number` in an array of this shape, outermost first.
[[nodiscard]] std::vector<std::uint64_t> index_of(std::uint64_t number,
                                                  const std::vector<std::uint64_t>& shape);

}  // namespace rk::model
