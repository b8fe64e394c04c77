#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <rk/exporters/json.hpp>

#include "target_watch.hpp"

namespace rk::agent {

/// Finds targets as they come and go, and keeps a watch on each. Thread-safe.
class sampler {
 public:
  /// Most targets at once; further ones are not watched. Those that are gone make room for new
  /// ones.
  static constexpr std::size_t max_targets = 256;
  /// How often the runtime folder is looked at.
  static constexpr std::chrono::milliseconds discovery_interval{250};
  /// How long a target that is gone is still reported as down.
  static constexpr std::chrono::minutes gone_kept{5};

  /// `dead` is where dead targets' last states go; null: nowhere. It must outlive the sampler.
  sampler(std::filesystem::path directory, std::chrono::milliseconds interval,
          const storage::graveyard* dead);

  [[nodiscard]] std::vector<exporters::target_sample> samples() const;
  [[nodiscard]] std::vector<exporters::target_entry> targets() const;
  /// Counts over all watches there ever were.
  [[nodiscard]] watch_counts counts() const;
  /// True while discovery runs as it should.
  [[nodiscard]] bool is_ready() const;

 private:
  struct entry {
    std::unique_ptr<target_watch> watch;
    std::optional<std::chrono::steady_clock::time_point> gone_since;
  };
  void run(const std::stop_token& stop);
  void discover();
  [[nodiscard]] bool is_known(const protocol::session_entry& session) const;
  [[nodiscard]] std::size_t live_count() const;
  void mark_gone(const std::vector<protocol::session_entry>& live);
  std::vector<std::unique_ptr<target_watch>> take_forgotten();

  std::filesystem::path directory_;
  std::chrono::milliseconds interval_;
  const storage::graveyard* dead_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<entry> entries_;
  watch_counts ended_counts_;  ///< of watches that are no more
  std::optional<std::chrono::steady_clock::time_point> last_discovery_;
  std::jthread thread_;  ///< last: joined before the rest goes away
};

}  // namespace rk::agent
