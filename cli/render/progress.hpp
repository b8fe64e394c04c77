#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace rk::render {

/// How much of a long copy is done, on standard error if a person sits there, and only once it has
/// taken a moment. Gone when it is destroyed.
class progress_bar {
 public:
  progress_bar(std::string what, std::uint64_t total_bytes);
  ~progress_bar();
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;

  void add(std::uint64_t bytes);

 private:
  using clock = std::chrono::steady_clock;
  void draw(clock::time_point now);

  std::string what_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  clock::time_point begin_ = clock::now();
  clock::time_point next_;
  bool is_shown_ = false;
  bool is_wanted_;
};

}  // namespace rk::render
