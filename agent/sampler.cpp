#include "sampler.hpp"

#include <pthread.h>

#include <algorithm>
#include <cstdio>

namespace rk::agent {
namespace {

bool is_same(const protocol::session_entry& a, const protocol::session_entry& b) {
  return a.name == b.name && a.pid == b.pid;
}

void add(watch_counts& to, const watch_counts& from) {
  to.samples += from.samples;
  to.errors += from.errors;
  to.last_seconds = std::max(to.last_seconds, from.last_seconds);
}

exporters::target_entry describe(const exporters::target_sample& sample, std::uint64_t pid) {
  exporters::target_entry t;
  t.name = sample.target;
  t.pid = pid;
  t.state = sample.up ? "running" : "unreachable";
  if (!sample.last) return t;
  t.program = sample.last->catalogue.target.program;
  t.backend = sample.last->catalogue.target.backend;
  t.device = sample.last->catalogue.target.device;
  t.kernels = sample.activity.size();
  for (const auto& k : sample.activity) t.steps = std::max(t.steps, k.steps);
  return t;
}

}  // namespace

sampler::sampler(std::filesystem::path directory, std::chrono::milliseconds interval)
    : directory_(std::move(directory)), interval_(interval) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

std::vector<exporters::target_sample> sampler::samples() const {
  const std::lock_guard lock(mutex_);
  std::vector<exporters::target_sample> all;
  for (const auto& e : entries_) all.push_back(e.watch->sample());
  return all;
}

std::vector<exporters::target_entry> sampler::targets() const {
  const std::lock_guard lock(mutex_);
  std::vector<exporters::target_entry> all;
  for (const auto& e : entries_) all.push_back(describe(e.watch->sample(), e.watch->session().pid));
  return all;
}

watch_counts sampler::counts() const {
  const std::lock_guard lock(mutex_);
  watch_counts all = ended_counts_;
  for (const auto& e : entries_) add(all, e.watch->counts());
  return all;
}

bool sampler::is_ready() const {
  const std::lock_guard lock(mutex_);
  return last_discovery_ && std::chrono::steady_clock::now() - *last_discovery_ < 8 * discovery_interval;
}

void sampler::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "rk-discover");
  while (!stop.stop_requested()) {
    try {
      discover();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "rk-agent: %s\n", e.what());
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, discovery_interval, [] { return false; });
  }
}

void sampler::discover() {
  const auto live = protocol::list_sessions(directory_);
  // Watches are joined outside of the lock: their threads may be in the middle of a sample.
  std::vector<std::unique_ptr<target_watch>> forgotten;
  {
    const std::lock_guard lock(mutex_);
    mark_gone(live);
    forgotten = take_forgotten();
    for (const auto& session : live) {
      const bool known = std::any_of(entries_.begin(), entries_.end(),
                                     [&](const entry& e) { return is_same(e.watch->session(), session); });
      if (known || entries_.size() >= max_targets) continue;
      entries_.push_back({std::make_unique<target_watch>(session, interval_), std::nullopt});
    }
    last_discovery_ = std::chrono::steady_clock::now();
  }
}

void sampler::mark_gone(const std::vector<protocol::session_entry>& live) {
  for (entry& e : entries_) {
    const bool lives = std::any_of(live.begin(), live.end(), [&](const auto& s) { return is_same(s, e.watch->session()); });
    if (lives || e.gone_since) continue;
    e.gone_since = std::chrono::steady_clock::now();
    e.watch->set_gone();
  }
}

std::vector<std::unique_ptr<target_watch>> sampler::take_forgotten() {
  std::vector<std::unique_ptr<target_watch>> forgotten;
  const auto now = std::chrono::steady_clock::now();
  const auto is_old = [&](const entry& e) {
    if (!e.gone_since) return false;
    // A new session of the same name takes the old one's place at once: a name is one series.
    const bool replaced = std::any_of(entries_.begin(), entries_.end(), [&](const entry& other) {
      return !other.gone_since && other.watch->session().name == e.watch->session().name;
    });
    return replaced || now - *e.gone_since > gone_kept;
  };
  std::vector<entry> kept;
  std::vector<bool> old;
  for (const entry& e : entries_) old.push_back(is_old(e));
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!old[i]) {
      kept.push_back(std::move(entries_[i]));
      continue;
    }
    add(ended_counts_, entries_[i].watch->counts());
    forgotten.push_back(std::move(entries_[i].watch));
  }
  entries_ = std::move(kept);
  return forgotten;
}

}  // namespace rk::agent
