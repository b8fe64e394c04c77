#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <rk/protocol/file_descriptor.hpp>

namespace rk::agent {

/// A process that is not this one's child, to learn how it ended.
class watched_process {
 public:
  /// `pid`: of a process that runs. If it cannot be watched, nothing will be known of its end.
  explicit watched_process(std::uint64_t pid);

  /// Waits for its end; false if it runs still after `limit`, or cannot be watched.
  [[nodiscard]] bool has_ended(std::chrono::milliseconds limit) const;
  /// Of one that has ended: "killed by SIGSEGV", "exit status 3"; empty if that is not known: its
  /// parent has taken the status and this Linux does not keep it (before 6.15), or does not show
  /// this user.
  [[nodiscard]] std::string how_it_ended() const;

 private:
  std::uint64_t pid_;
  protocol::file_descriptor process_;
};

}  // namespace rk::agent
