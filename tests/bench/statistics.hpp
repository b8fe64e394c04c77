#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace rk::bench {

/// Times of one operation, in nanoseconds.
class samples {
 public:
  void add(std::chrono::steady_clock::duration took) {
    values_.push_back(std::chrono::duration<double, std::nano>(took).count());
  }

  /// Value below which `part` of the samples lie; 0.5 is the median.
  [[nodiscard]] double quantile(double part) const {
    std::vector<double> sorted = values_;
    const auto at = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(at),
                     sorted.end());
    return sorted[at];
  }
  [[nodiscard]] std::size_t count() const noexcept { return values_.size(); }

 private:
  std::vector<double> values_;
};

/// Times one call of `operation`.
template <class Operation>
[[nodiscard]] std::chrono::steady_clock::duration time_of(Operation&& operation) {
  const auto begin = std::chrono::steady_clock::now();
  operation();
  return std::chrono::steady_clock::now() - begin;
}

}  // namespace rk::bench
