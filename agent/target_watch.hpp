#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <rk/exporters/metrics.hpp>
#include <rk/protocol/client.hpp>
#include <rk/protocol/runtime_directory.hpp>

#include "black_box.hpp"
#include "watched_process.hpp"

namespace rk::agent {

/// What a watch has done so far.
struct watch_counts {
  std::uint64_t samples = 0;
  std::uint64_t errors = 0;
  double last_seconds = 0;
};

/// Samples one target at an interval, on a thread of its own: a target that hangs delays no other.
///
/// A sample that fails makes the target "down" until one succeeds again. Thread-safe.
class target_watch {
 public:
  /// Longest time that one sample may take.
  static constexpr std::chrono::milliseconds sample_limit{1000};

  /// `dead` is where the target's last state goes; null: nowhere.
  target_watch(protocol::session_entry session, std::chrono::milliseconds interval,
               const storage::graveyard* dead);

  [[nodiscard]] const protocol::session_entry& session() const noexcept { return session_; }
  /// Last sample; `up` is false if the last attempt failed, or the target was said to be gone.
  [[nodiscard]] exporters::target_sample sample() const;
  [[nodiscard]] watch_counts counts() const;
  /// The session no longer exists: sampling ends, the target is down from now on, and its last
  /// state is written if it was running.
  void set_gone();
  /// False while set_gone's work goes on.
  [[nodiscard]] bool is_done() const noexcept { return is_done_; }

 private:
  void run(const std::stop_token& stop);
  void sample_until(const std::stop_token& stop);
  void take_sample(std::optional<protocol::client>& connection);
  /// A sample failed: perhaps the kernel has faulted, which the session can say all the same.
  void look_for_fault(std::optional<protocol::client>& connection);
  void bury_if_dead();

  protocol::session_entry session_;
  std::chrono::milliseconds interval_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  bool up_ = false;
  std::optional<model::snapshot> last_;
  std::vector<model::kernel_activity> activity_;
  watch_counts counts_;
  std::optional<black_box> black_box_;      ///< of the watch's thread
  std::optional<watched_process> process_;  ///< likewise; empty until it was connected to
  std::atomic<bool> is_gone_ = false;
  std::atomic<bool> is_done_ = false;
  std::jthread thread_;  ///< last: joined before the rest goes away
};

}  // namespace rk::agent
