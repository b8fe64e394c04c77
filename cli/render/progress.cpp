#include "render/progress.hpp"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

#include "render/number.hpp"

namespace rk::render {
namespace {

/// What is over sooner needs no bar.
constexpr std::chrono::milliseconds patience{300};
constexpr std::chrono::milliseconds redraw_interval{100};
constexpr int bar_width = 30;

}  // namespace

progress_bar::progress_bar(std::string what, std::uint64_t total_bytes)
    : what_(std::move(what)),
      total_(total_bytes),
      next_(begin_ + patience),
      is_wanted_(::isatty(STDERR_FILENO) == 1) {}

progress_bar::~progress_bar() {
  if (is_shown_) std::fputs("\r\x1b[K", stderr);
}

void progress_bar::add(std::uint64_t bytes) {
  done_ += bytes;
  const auto now = clock::now();
  if (!is_wanted_ || now < next_) return;
  next_ = now + redraw_interval;
  draw(now);
}

void progress_bar::draw(clock::time_point now) {
  is_shown_ = true;
  const double share =
      total_ == 0 ? 1.0 : std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
  const int filled = static_cast<int>(share * bar_width);
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(done_) / seconds);
  const std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                          std::string(static_cast<std::size_t>(bar_width - filled), '.');
  std::fprintf(stderr, "\r%s [%s] %3.0f %%  %s of %s  %s/s\x1b[K", what_.c_str(), bar.c_str(),
               100 * share, render::bytes(done_).c_str(), render::bytes(total_).c_str(),
               render::bytes(rate).c_str());
  std::fflush(stderr);
}

}  // namespace rk::render
