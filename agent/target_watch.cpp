#include "target_watch.hpp"

#include <pthread.h>

#include <rk/error.hpp>

namespace rk::agent {

target_watch::target_watch(protocol::session_entry session, std::chrono::milliseconds interval,
                           const storage::graveyard* dead)
    : session_(std::move(session)), interval_(interval) {
  if (dead != nullptr) black_box_.emplace(*dead);
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
  is_gone_ = true;
  thread_.request_stop();
  const std::lock_guard lock(mutex_);
  up_ = false;
}

void target_watch::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "rk-watch");
  sample_until(stop);
  if (is_gone_) bury_if_dead();
  // Mappings keep the target's memory from being used again.
  black_box_.reset();
  is_done_ = true;
}

void target_watch::sample_until(const std::stop_token& stop) {
  std::optional<protocol::client> connection;
  auto next = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    const auto begin = std::chrono::steady_clock::now();
    bool good = true;
    try {
      take_sample(connection);
    } catch (const std::exception&) {
      good = false;
      look_for_fault(connection);
      connection.reset();
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

void target_watch::look_for_fault(std::optional<protocol::client>& connection) {
  if (!connection || !black_box_ || !last_) return;
  try {
    for (const auto& k : connection->status().kernels) {
      if (k.state != model::kernel_state::faulted) continue;
      black_box_->bury(*last_, k.error);
      return;
    }
  } catch (const std::exception&) {
    // The connection is of no use any more either; what is to be known will be known when it is
    // gone.
  }
}

void target_watch::bury_if_dead() {
  if (!black_box_ || !last_ || !black_box_->has_died(last_->catalogue)) return;
  // A process that holds a GPU takes its time to end.
  constexpr std::chrono::seconds end_limit{2};
  std::string cause = "its session ended while its kernel was running";
  if (process_ && process_->has_ended(end_limit)) {
    const std::string how = process_->how_it_ended();
    cause = "the process ended while its kernel was running" + (how.empty() ? how : ": " + how);
  }
  black_box_->bury(*last_, cause);
}

void target_watch::take_sample(std::optional<protocol::client>& connection) {
  model::catalogue known;
  {
    const std::lock_guard lock(mutex_);
    if (last_) known = last_->catalogue;
  }
  if (!connection) {
    connection = protocol::client::connect(session_.socket, sample_limit);
    if (connection->peer().pid != session_.pid) {
      connection.reset();
      throw disconnected("another process has taken the name");
    }
    const std::uint64_t pid = connection->process_id();
    if (!process_ && pid != 0) process_.emplace(pid);
    known = connection->catalogue();
  }
  if (black_box_) black_box_->attach(*connection, known);
  model::snapshot now = connection->snapshot(std::move(known));
  // Memory that came later has descriptors that a new connection brings.
  const bool has_new_segments = now.catalogue.segments.size() != connection->peer().segments.size();
  const std::lock_guard lock(mutex_);
  activity_ = model::activity_of(now, last_ ? &*last_ : nullptr);
  last_ = std::move(now);
  if (black_box_ && has_new_segments) connection.reset();
}

}  // namespace rk::agent
