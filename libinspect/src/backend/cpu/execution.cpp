#include <chrono>
#include <thread>

#include <rk/clock.hpp>
#include <rk/device/cpu/execution.hpp>

#include "backend/cpu/block_runner.hpp"

namespace rk {
inline namespace cpu_backend {
namespace {

backend::cpu::block_runner& runner() {
  return backend::cpu::block_runner::current();
}

index3 as_index(extent3 e) {
  return {e.x, e.y, e.z};
}

}  // namespace

index3 thread_index() {
  return runner().thread_index();
}
index3 block_index() {
  return runner().block_index();
}
index3 block_extent() {
  return as_index(runner().block_extent());
}
index3 grid_extent() {
  return as_index(runner().grid_extent());
}

void block_sync() {
  runner().sync();
}
bool block_sync_or(bool value) {
  return runner().sync_or(value);
}

std::uint64_t clock_ns() {
  return static_cast<std::uint64_t>(monotonic_ns());
}

void pause(unsigned) {
  runner().pause();
}

void sleep_ns(unsigned ns) {
  runner().pause();
  // Shorter ones take longer than they say.
  constexpr unsigned worth_a_sleep_ns = 1000;
  if (ns >= worth_a_sleep_ns) std::this_thread::sleep_for(std::chrono::nanoseconds(ns));
}

unsigned warp_ballot(bool value) {
  return runner().warp_ballot(value);
}

namespace detail {

std::uint64_t warp_exchange(std::uint64_t word, unsigned lane) {
  return runner().warp_exchange(word, lane);
}
unsigned lane_index() {
  return runner().lane();
}

}  // namespace detail
}  // namespace cpu_backend
}  // namespace rk
