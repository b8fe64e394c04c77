#pragma once

#include <chrono>
#include <thread>

namespace rk::cli {

/// A steady beat: each wait ends on a multiple of the period since the start, whatever came in between.
class interval {
 public:
  explicit interval(std::chrono::nanoseconds period)
      : period_(period), start_(std::chrono::steady_clock::now()), next_(start_ + period) {}

  [[nodiscard]] double elapsed_seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  /// Beats that were missed are left out.
  void wait_for_next() {
    std::this_thread::sleep_until(next_);
    const auto now = std::chrono::steady_clock::now();
    while (next_ <= now) next_ += period_ * ((now - next_) / period_ + 1);
  }

 private:
  std::chrono::nanoseconds period_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace rk::cli
