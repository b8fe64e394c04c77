#pragma once

#include <string>
#include <vector>

#include <rk/host/remote_memory.hpp>
#include <rk/protocol/client.hpp>
#include <rk/storage/checkpoint_file.hpp>
#include <rk/storage/graveyard.hpp>

namespace rk::agent {

/// Keeps what a target leaves behind when it dies: the agent holds the target's segments, and so
/// reads them as they were at the last moment, whatever became of the process.
///
/// For one thread at a time.
class black_box {
 public:
  explicit black_box(const storage::graveyard& dead) : dead_(dead) {}

  /// Takes hold of the segments that are new, until it has been buried; does not touch them. Never
  /// throws: what cannot be held is complained of once.
  void attach(const protocol::client& target, const model::catalogue& c);

  /// Of a target that is gone: true if an actor was at work, by its own record, and the session was
  /// not closed after that. False, with a complaint, if the records cannot be read.
  [[nodiscard]] bool has_died(const model::catalogue& c) noexcept;

  /// Writes what is held, and the scalars of the last sample, to the dead targets' folder. Does
  /// it once. If it cannot be written, that is complained of.
  void bury(const model::snapshot& last, const std::string& cause) noexcept;

 private:
  void complain(const std::string& what);
  /// What the file says of itself.
  [[nodiscard]] storage::checkpoint_info describe(const model::snapshot& last,
                                                  const std::string& cause) const;
  void write(const std::filesystem::path& path, const storage::checkpoint_info& info,
             const model::snapshot& last);
  /// Empty if they are not held.
  [[nodiscard]] std::vector<abi::actor_record> records_of(const model::catalogue& c,
                                                          const model::kernel& k) const;

  const storage::graveyard& dead_;
  remote_memory memory_;
  std::string last_complaint_;
  bool is_buried_ = false;
};

}  // namespace rk::agent
