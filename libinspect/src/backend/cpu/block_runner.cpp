#include "backend/cpu/block_runner.hpp"

#include <thread>

#include <boost/context/protected_fixedsize_stack.hpp>

#include <rk/error.hpp>

namespace rk::backend::cpu {
namespace {

thread_local block_runner* current_runner = nullptr;

/// Stacks as Boost makes them, without traces when they go.
class fiber_stacks {
 public:
  explicit fiber_stacks(std::size_t bytes) : stacks_(bytes) {}
  boost::context::stack_context allocate() { return stacks_.allocate(); }
  void deallocate(boost::context::stack_context& s) noexcept {
    forget_marks(static_cast<const std::byte*>(s.sp) - s.size, s.size);
    stacks_.deallocate(s);
  }

 private:
  boost::context::protected_fixedsize_stack stacks_;
};

/// Unwinds the stack of a thread that waits in a block whose run has failed.
struct block_is_over {};

}  // namespace

block_runner::block_runner(extent3 grid, extent3 block, index3 block_index,
                           const std::function<void()>& body)
    : grid_(grid),
      block_(block),
      block_index_(block_index),
      body_(body),
      threads_(block.count()),
      warps_((block.count() + warp_width - 1) / warp_width),
      scheduler_stack_(stack_identity::of_this_thread()),
      left_(static_cast<unsigned>(block.count())) {
  block_meeting_.members = left_;
  for (unsigned t = 0; t < left_; ++t) ++warps_[t / warp_width].at.members;
}

block_runner& block_runner::current() {
  return *current_runner;
}

void block_runner::run() {
  current_runner = this;
  try {
    run_to_end();
  } catch (...) {
    failure_ = std::current_exception();
  }
  if (failure_) unwind_threads();
  current_runner = nullptr;
  if (failure_) std::rethrow_exception(failure_);
}

void block_runner::run_to_end() {
  while (left_ != 0 && !failure_) {
    bool any_ran = false;
    bool only_pauses = true;
    for (unsigned t = 0; t < threads_.size() && !failure_; ++t) {
      if (!is_ready(threads_[t])) continue;
      resume(t);
      any_ran = true;
      only_pauses = only_pauses && threads_[t].paused;
    }
    if (!any_ran) {
      failure_ = std::make_exception_ptr(error(
          "the threads of a block wait for each other for ever: block_sync or a warp operation was "
          "not reached by all of them; make every thread pass the same calls"));
    } else if (only_pauses) {
      std::this_thread::yield();
    }
  }
}

void block_runner::unwind_threads() {
  unwinding_ = true;
  for (unsigned t = 0; t < threads_.size(); ++t) {
    if (threads_[t].fiber) resume(t);
  }
}

void block_runner::start(thread& t) {
  fiber_stacks allocator(stack_bytes);
  auto memory = allocator.allocate();
  t.stack = stack_identity::of_new_fiber();
  t.stack.set_bounds(static_cast<const std::byte*>(memory.sp) - memory.size, memory.size);
  t.fiber = boost::context::fiber(
      std::allocator_arg, boost::context::preallocated(memory.sp, memory.size, memory), allocator,
      [this](boost::context::fiber&& scheduler) { return thread_main(std::move(scheduler)); });
}

boost::context::fiber block_runner::thread_main(boost::context::fiber&& scheduler) {
  scheduler_ = std::move(scheduler);
  threads_[running_].stack.after_switch_from(scheduler_stack_);
  try {
    body_();
  } catch (const block_is_over&) {
    // Thrown by is_over() to get here.
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
  }
  thread& self = threads_[running_];
  self.done = true;
  --left_;
  leave(block_meeting_);
  leave(own_warp().at);
  self.stack.before_last_switch_to(scheduler_stack_);
  return std::move(scheduler_);
}

void block_runner::resume(unsigned index) {
  thread& t = threads_[index];
  running_ = index;
  t.paused = false;
  if (!t.fiber) start(t);
  scheduler_stack_.before_switch_to(t.stack);
  t.fiber = std::move(t.fiber).resume();
  scheduler_stack_.after_switch_from(t.stack);
  if (t.done) t.stack.destroy();
}

void block_runner::switch_back() {
  thread& self = threads_[running_];
  self.stack.before_switch_to(scheduler_stack_);
  scheduler_ = std::move(scheduler_).resume();
  self.stack.after_switch_from(scheduler_stack_);
  static_cast<void>(is_over());
}

bool block_runner::is_over() const {
  if (!unwinding_) return false;
  if (std::uncaught_exceptions() == 0) throw block_is_over{};
  return true;
}

bool block_runner::is_ready(const thread& t) const noexcept {
  if (t.done) return false;
  return t.waits_at == nullptr || t.waits_at->generation != t.waits_for_generation;
}

void block_runner::arrive(meeting& at) {
  if (is_over()) return;
  thread& self = threads_[running_];
  const std::uint64_t generation = at.generation;
  if (++at.arrived == at.members) {
    at.arrived = 0;
    ++at.generation;
    return;
  }
  self.waits_at = &at;
  self.waits_for_generation = generation;
  switch_back();
  self.waits_at = nullptr;
}

void block_runner::leave(meeting& at) {
  --at.members;
  if (at.members != 0 && at.arrived == at.members) {
    at.arrived = 0;
    ++at.generation;
  }
}

index3 block_runner::thread_index() const noexcept {
  const unsigned x = running_ % block_.x;
  const unsigned y = running_ / block_.x % block_.y;
  return {x, y, running_ / (block_.x * block_.y)};
}

void block_runner::sync() {
  arrive(block_meeting_);
}

bool block_runner::sync_or(bool value) {
  const std::uint64_t round = block_meeting_.generation + 1;
  std::uint64_t& any = any_round_[round % 2];
  if (value) any = round;
  arrive(block_meeting_);
  return any == round;
}

const std::array<block_runner::published, block_runner::warp_width>& block_runner::publish_to_warp(
    std::uint64_t word, std::uint64_t& round) {
  warp& w = own_warp();
  round = w.at.generation + 1;
  auto& lanes = w.lanes[round % 2];
  lanes[lane()] = {word, round};
  arrive(w.at);
  return lanes;
}

std::uint64_t block_runner::warp_exchange(std::uint64_t word, unsigned lane_wanted) {
  std::uint64_t round = 0;
  const auto& lanes = publish_to_warp(word, round);
  const bool there = lane_wanted < warp_width && lanes[lane_wanted].round == round;
  return there ? lanes[lane_wanted].word : word;
}

unsigned block_runner::warp_ballot(bool value) {
  std::uint64_t round = 0;
  const auto& lanes = publish_to_warp(value ? 1 : 0, round);
  unsigned ballot = 0;
  for (unsigned l = 0; l < warp_width; ++l) {
    if (lanes[l].round == round && lanes[l].word != 0) ballot |= 1u << l;
  }
  return ballot;
}

void block_runner::pause() {
  if (is_over()) return;
  threads_[running_].paused = true;
  switch_back();
}

}  // namespace rk::backend::cpu
