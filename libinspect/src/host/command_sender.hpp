#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include <rk/abi/command.hpp>

namespace rk::host {

class session_core;

/// The hosts' end of a queue of commands. Thread-safe; nobody waits in here.
class command_sender {
 public:
  command_sender(const session_core& owner, const abi::command_queue_handle& queue);

  [[nodiscard]] const session_core& owner() const noexcept { return owner_; }

  /// Number of the command, or empty if there is no room. `is_awaited`: its answer stays until
  /// `release`.
  [[nodiscard]] std::optional<std::uint64_t> post(const std::uint64_t* words, bool is_awaited);
  /// What the kernel answered to an awaited command, if it did.
  struct answer {
    std::uint64_t value;
    std::uint64_t handling_ns;
  };
  [[nodiscard]] std::optional<answer> answer_to(std::uint64_t number) const;
  /// Nobody awaits the answer any more; whether it has come.
  void release(std::uint64_t number, bool is_answered);

 private:
  [[nodiscard]] std::size_t place_of(std::uint64_t number) const {
    return static_cast<std::size_t>((number - 1) & (queue_.depth - 1));
  }
  [[nodiscard]] bool has_room(std::uint64_t number);

  const session_core& owner_;
  abi::command_queue_handle queue_;
  std::mutex mutex_;
  std::uint64_t posted_ = 0;
  std::uint64_t answered_ = 0;  ///< commands up to this one are known to be
  std::uint64_t rejected_ = 0;
  std::vector<std::uint8_t> awaited_;  ///< by place: somebody is to read the answer
};

}  // namespace rk::host
