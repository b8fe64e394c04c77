#pragma once

#include <chrono>
#include <thread>

namespace rk::cli {

/// A steady beat: each wait ends on a multiple of the period since the start, whatever came in
/// between.
class interval {
 public:
  explicit interval(std::chrono::nanoseconds period)
      : period_(period), start_(std::chrono::steady_clock::now()), next_(start_ + period) {}

  [[nodiscard]] double elapsed_seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  /// Beats that were missed are left out. False, without one, once `length` has passed since the
  /// start.
  bool wait_for_next(std::chrono::nanoseconds length = std::chrono::nanoseconds::max()) {
    if (std::chrono::steady_clock::now() - start_ >= length) return false;
    const bool ends_first = next_ - start_ >= length;
    std::this_thread::sleep_until(ends_first ? start_ + length : next_);
    if (ends_first) return false;
    const auto now = std::chrono::steady_clock::now();
    while (next_ <= now) next_ += period_ * ((now - next_) / period_ + 1);
    return true;
  }

 private:
  std::chrono::nanoseconds period_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace rk::cli
