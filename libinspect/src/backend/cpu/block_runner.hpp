#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include <boost/context/fiber.hpp>

#include <rk/abi/index3.hpp>

#include "backend/cpu/fiber_switch.hpp"

namespace rk::backend::cpu {

/// Runs one block of a kernel on the calling OS thread: its threads are fibers, switched where they
/// wait.
///
/// Fibers run in thread order and are switched only at block_sync, warp operations and pause, so a
/// block is deterministic but for what other blocks do. Not thread-safe: one runner, one OS thread.
class block_runner {
 public:
  static constexpr unsigned warp_width = 32;
  static constexpr std::size_t stack_bytes = std::size_t{64} * 1024;

  block_runner(extent3 grid, extent3 block, index3 block_index, const std::function<void()>& body);
  ~block_runner() = default;
  block_runner(const block_runner&) = delete;
  block_runner& operator=(const block_runner&) = delete;

  /// Runs all threads to their end, once. Throws what a thread threw first, or `rk::error` if the
  /// threads wait for each other in a way that can never end; the other threads are unwound before
  /// that.
  void run();

  /// Runner of the calling fiber; only inside a kernel.
  [[nodiscard]] static block_runner& current();

  [[nodiscard]] index3 thread_index() const noexcept;
  [[nodiscard]] index3 block_index() const noexcept { return block_index_; }
  [[nodiscard]] extent3 block_extent() const noexcept { return block_; }
  [[nodiscard]] extent3 grid_extent() const noexcept { return grid_; }
  [[nodiscard]] unsigned lane() const noexcept { return running_ % warp_width; }

  void sync();
  [[nodiscard]] bool sync_or(bool value);
  [[nodiscard]] std::uint64_t warp_exchange(std::uint64_t word, unsigned lane);
  [[nodiscard]] unsigned warp_ballot(bool value);
  void pause();

 private:
  /// Meeting point of a set of fibers. Threads that have returned are no longer waited for.
  struct meeting {
    std::uint32_t members = 0;
    std::uint32_t arrived = 0;
    std::uint64_t generation = 0;
  };
  /// What a lane published, and at which meeting. Two places a lane, by the generation's parity: a
  /// fiber can be one meeting ahead of one that has not read yet, never two.
  struct published {
    std::uint64_t word = 0;
    std::uint64_t round = 0;  ///< generation + 1; zero: never
  };
  struct warp {
    meeting at;
    std::array<std::array<published, warp_width>, 2> lanes{};
  };
  struct thread {
    boost::context::fiber fiber;
    stack_identity stack;
    const meeting* waits_at = nullptr;
    std::uint64_t waits_for_generation = 0;
    bool paused = false;
    bool done = false;
  };

  void run_to_end();
  /// After a failure: every thread that has started throws where it waits, so that its objects are
  /// destroyed, and returns.
  void unwind_threads();
  void start(thread& t);
  void resume(unsigned index);
  void switch_back();
  /// True if the block is being unwound and a destructor, called on the way, waits: it goes on at
  /// once. Throws if anything else waits then.
  [[nodiscard]] bool is_over() const;
  void arrive(meeting& at);
  void leave(meeting& at);
  [[nodiscard]] bool is_ready(const thread& t) const noexcept;
  const std::array<published, warp_width>& publish_to_warp(std::uint64_t word,
                                                           std::uint64_t& round);
  [[nodiscard]] warp& own_warp() { return warps_[running_ / warp_width]; }
  boost::context::fiber thread_main(boost::context::fiber&& scheduler);

  extent3 grid_;
  extent3 block_;
  index3 block_index_;
  const std::function<void()>& body_;
  std::vector<thread> threads_;
  std::vector<warp> warps_;
  meeting block_meeting_;
  std::array<std::uint64_t, 2>
      any_round_{};  ///< last round in which sync_or was given true, by parity
  boost::context::fiber scheduler_;
  stack_identity scheduler_stack_;
  unsigned running_ = 0;
  unsigned left_ = 0;
  bool unwinding_ = false;
  std::exception_ptr failure_;
};

}  // namespace rk::backend::cpu
