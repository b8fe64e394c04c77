#include "sampler.hpp"

#include <algorithm>
#include <cstdio>

#include <pthread.h>

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

/// A target that is down is described as it was last seen.
exporters::target_entry describe(const exporters::target_sample& sample, std::uint64_t pid) {
  exporters::target_entry t;
  if (sample.last) {
    t = exporters::describe_target(sample.target, pid, *sample.last);
  } else {
    t.name = sample.target;
    t.pid = pid;
  }
  if (!sample.up) t.state = "unreachable";
  return t;
}

}  // namespace

sampler::sampler(std::filesystem::path directory, std::chrono::milliseconds interval,
                 const storage::graveyard* dead)
    : directory_(std::move(directory)), interval_(interval), dead_(dead) {
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
  return last_discovery_ &&
         std::chrono::steady_clock::now() - *last_discovery_ < 8 * discovery_interval;
}

void sampler::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "rk-discover");
  std::string last_complaint;
  while (!stop.stop_requested()) {
    std::string complaint;
    try {
      discover();
    } catch (const std::exception& e) {
      complaint = e.what();
    }
    // Once, not four times a second for as long as it lasts.
    if (!complaint.empty() && complaint != last_complaint)
      std::fprintf(stderr, "rk-agent: %s\n", complaint.c_str());
    last_complaint = complaint;
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
    for (const auto& session : live) {
      if (!is_known(session) && live_count() < max_targets) {
        entries_.push_back(
            {std::make_unique<target_watch>(session, interval_, dead_), std::nullopt});
      }
    }
    // Last: what has just come may take the place of what has gone, and a scrape sees a name once.
    forgotten = take_forgotten();
    last_discovery_ = std::chrono::steady_clock::now();
  }
}

bool sampler::is_known(const protocol::session_entry& session) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const entry& e) {
    return !e.gone_since && is_same(e.watch->session(), session);
  });
}

std::size_t sampler::live_count() const {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(),
                                                [](const entry& e) { return !e.gone_since; }));
}

void sampler::mark_gone(const std::vector<protocol::session_entry>& live) {
  for (entry& e : entries_) {
    const bool lives = std::any_of(live.begin(), live.end(),
                                   [&](const auto& s) { return is_same(s, e.watch->session()); });
    if (lives || e.gone_since) continue;
    e.gone_since = std::chrono::steady_clock::now();
    e.watch->set_gone();
  }
}

std::vector<std::unique_ptr<target_watch>> sampler::take_forgotten() {
  std::vector<std::unique_ptr<target_watch>> forgotten;
  const auto now = std::chrono::steady_clock::now();
  const auto is_old = [&](const entry& e) {
    if (!e.gone_since || !e.watch->is_done()) return false;
    // A new session of the same name takes the old one's place at once: a name is one series.
    const bool replaced = std::any_of(entries_.begin(), entries_.end(), [&](const entry& other) {
      return !other.gone_since && other.watch->session().name == e.watch->session().name;
    });
    return replaced || now - *e.gone_since > gone_kept;
  };
  std::vector<entry> kept;
  std::vector<bool> old;
  for (const entry& e : entries_) old.push_back(is_old(e));
  // Entries stand in the order in which they came: where room is short, the first ones are the
  // oldest.
  std::size_t left = static_cast<std::size_t>(std::count(old.begin(), old.end(), false));
  for (std::size_t i = 0; i < entries_.size() && left > max_targets; ++i) {
    if (old[i] || !entries_[i].gone_since) continue;
    old[i] = true;
    --left;
  }
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
