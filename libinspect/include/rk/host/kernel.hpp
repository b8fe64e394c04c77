#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include <rk/host/backend.hpp>
#include <rk/host/checkpoint.hpp>
#include <rk/host/command.hpp>

namespace rk {

namespace host {
class session_core;
}

/// How a kernel is made to leave the GPU.
struct preempt_options {
  /// 0: wait for each actor's next safe point. 100: waits for outside events give up at once
  /// (`rk::wait_at_least`). In between: after (100 - urgency) % of the limit. Barriers that a step
  /// hangs on never give up.
  int urgency = 0;
  std::chrono::nanoseconds limit = std::chrono::seconds(5);  ///< for all actors to leave
};

/// What came of it.
struct preemption {
  std::uint64_t step = 0;           ///< steps that every actor had completed
  std::chrono::nanoseconds took{};  ///< from the request until the GPU was free
};

/// A kernel that a session launched. A handle: copies mean the same kernel; thread-safe.
/// Every call throws `rk::error` once the session is gone.
class kernel {
 public:
  enum class state : std::uint8_t { running, preempted, finished, faulted };

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Never blocks.
  [[nodiscard]] kernel::state state() const;
  /// Why it faulted; empty otherwise.
  [[nodiscard]] std::string error() const;
  /// Steps that every actor has completed. Reads the actors' records.
  [[nodiscard]] std::uint64_t steps() const;

  /// Asks the kernel to leave its loop at the next agreed safe point. Does not wait.
  void stop();
  /// Asks every wait and every safe point to give up at once. Does not wait.
  void abort();
  /// Waits for the end. Returns false if `limit` passed first. A kernel that was preempted has not
  /// ended.
  [[nodiscard]] bool wait(std::chrono::nanoseconds limit) const;
  /// Waits for the end, however long the kernel runs.
  void wait() const;

  /// Saves all symbols that checkpoints contain, at one step, to device memory set aside for that;
  /// the kernel goes on. Throws `rk::timeout` if the actors do not come to a common safe point in
  /// time (the request is taken back), `rk::busy` if another checkpoint or cut uses that memory all
  /// the time, `rk::invalid_argument` if it is too small (`session_options::shadow_bytes`),
  /// `rk::error` if the actors have no common safe point, `rk::incompatible` for a base of other
  /// symbols.
  [[nodiscard]] rk::checkpoint checkpoint(const checkpoint_options& options = {});

  /// Gives symbols the values that a checkpoint holds, at a safe point of this kernel, in all
  /// actors at the same step: `rk::state_replaced` tells them. Returns the steps that they had
  /// completed. Throws as session::restore and checkpoint() do; nothing is changed then, unless
  /// `rk::timeout` says that it may still be.
  std::uint64_t restore(const std::filesystem::path& checkpoint,
                        std::chrono::nanoseconds limit = std::chrono::seconds(5));

  /// Makes the kernel leave the GPU, all actors at the same safe point if they have common ones;
  /// its symbols stay where they are. Throws `rk::timeout` if some actor does not come to a safe
  /// point in time, saying which and where they are, and whether the request was taken back: then
  /// the kernel goes on unharmed. If the others had agreed to leave by then, it may still leave
  /// when they come: state() tells. Throws `rk::error` if the kernel has ended or keeps no records
  /// (`instrumentation::off`), `rk::busy` if another operation is in the way.
  preemption preempt(const preempt_options& options = {});
  /// Launches a preempted kernel again, with the arguments that it had: it goes on from its
  /// symbols, in `stream` (see launch_options::stream). Returns the steps that it had completed.
  /// Throws `rk::error` if it was not preempted, `rk::busy` while a checkpoint of it is being read,
  /// `rk::cuda_error`.
  std::uint64_t resume(stream_handle stream = nullptr);

  /// Raises flags (at least one) for all actors that wait for host signals, now or later. Does not
  /// wait. Flags raised again before an actor looked are told once.
  void notify(std::uint32_t flags = 1);
  /// Waits until every actor that has not ended is idle (rk::kernel_wait, rk::command_reader::next)
  /// and, where it waits for host signals, has heard of all notifications made so far. Takes a
  /// kernel that keeps records (`instrumentation::off` does not). Returns false if `limit` passed
  /// first. Throws `rk::error` if the kernel faulted.
  [[nodiscard]] bool wait_idle(std::chrono::nanoseconds limit) const;

  /// Hands a command over without waiting for anything: ok, or `full` if the queue holds as many as
  /// it has room for that the kernel has not acknowledged. Any number of threads may call it.
  /// Throws `rk::invalid_argument` for a queue of another session.
  template <class T>
  [[nodiscard]] abi::status post(const command_queue<T>& queue, const T& command) {
    std::uint64_t words[(sizeof(T) + 7) / 8]{};
    std::memcpy(words, &command, sizeof command);
    return post_words(queue, words);
  }
  /// Hands a command over, if need be once there is room, and waits until the kernel has
  /// acknowledged it, busy for the first 100 µs. Throws `rk::timeout` if that takes longer than
  /// `limit` (the kernel may still carry it out), `rk::error` if the kernel ended first.
  template <class T>
  command_answer call(const command_queue<T>& queue, const T& command,
                      std::chrono::nanoseconds limit = std::chrono::seconds(5)) {
    std::uint64_t words[(sizeof(T) + 7) / 8]{};
    std::memcpy(words, &command, sizeof command);
    return call_words(queue, words, limit);
  }

  /// Copies a symbol's bytes to `buffer` while the kernel runs ("live": each aligned 8-byte word is
  /// whole). Costs about one asynchronous copy. Throws `rk::not_found` with the nearest names,
  /// `rk::invalid_argument` if `bytes` is not the symbol's size, `rk::cuda_error`.
  void inspect(const std::string& symbol, void* buffer, std::size_t bytes) const;

 private:
  friend class session;
  [[nodiscard]] abi::status post_words(const abi::command_queue_handle& queue,
                                       const std::uint64_t* words);
  [[nodiscard]] command_answer call_words(const abi::command_queue_handle& queue,
                                          const std::uint64_t* words,
                                          std::chrono::nanoseconds limit);
  kernel(std::shared_ptr<host::session_core> core, std::uint32_t id, std::string name);

  std::shared_ptr<host::session_core> core_;
  std::uint32_t id_;
  std::string name_;
};

}  // namespace rk
