#include "target_watch.hpp"

#include <pthread.h>

#include <rk/error.hpp>

namespace rk::agent {

target_watch::target_watch(protocol::session_entry session, std::chrono::milliseconds interval)
    : session_(std::move(session)), interval_(interval) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

exporters::target_sample target_watch::sample() const {
  const std::lock_guard lock(mutex_);
  return {session_.name, up_, last_, activity_};
}

watch_counts target_watch::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void target_watch::set_gone() {
  thread_.request_stop();
  const std::lock_guard lock(mutex_);
  up_ = false;
}

void target_watch::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "rk-watch");
  std::optional<protocol::client> connection;
  auto next = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    const auto begin = std::chrono::steady_clock::now();
    bool good = true;
    try {
      take_sample(connection);
    } catch (const std::exception&) {
      connection.reset();
      good = false;
    }
    const auto end = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    up_ = good && !stop.stop_requested();
    ++counts_.samples;
    counts_.errors += good ? 0 : 1;
    counts_.last_seconds = std::chrono::duration<double>(end - begin).count();
    // Samples that were missed are left out, not made up for.
    while (next <= end) next += interval_ * ((end - next) / interval_ + 1);
    wake_.wait_until(lock, stop, next, [] { return false; });
  }
}

void target_watch::take_sample(std::optional<protocol::client>& connection) {
  model::catalogue known;
  {
    const std::lock_guard lock(mutex_);
    if (last_) known = last_->catalogue;
  }
  if (!connection) {
    connection = protocol::client::connect(session_.socket, sample_limit);
    known = connection->catalogue();
  }
  model::snapshot now = connection->snapshot(std::move(known));
  const std::lock_guard lock(mutex_);
  activity_ = model::activity_of(now, last_ ? &*last_ : nullptr);
  last_ = std::move(now);
}

}  // namespace rk::agent
