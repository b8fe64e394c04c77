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

  /// "killed by SIGSEGV", "exit status 3"; empty if that is not known: it runs still after `limit`,
  /// or its parent has taken the status and this Linux does not keep it (before 6.15).
  [[nodiscard]] std::string how_it_ended(std::chrono::milliseconds limit) const;

 private:
  std::uint64_t pid_;
  protocol::file_descriptor process_;
};

}  // namespace rk::agent
