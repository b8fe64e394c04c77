#include "host/signal_board.hpp"

#include <rk/device/atomic.cuh>

namespace rk::host {

std::uint32_t& signal_board::number_of(model::kernel_id kernel) {
  const auto index = static_cast<std::size_t>(kernel);
  if (numbers_.size() <= index) numbers_.resize(index + 1);
  return numbers_[index];
}

void signal_board::ring(model::kernel_id kernel, abi::doorbell& bell, std::uint32_t flags) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t number = ++number_of(kernel);
  for (std::uint32_t f = 0; f < abi::signal_flags; ++f) {
    if ((flags >> f & 1) != 0) atomic_store<order::relaxed, scope::system>(bell.last[f], number);
  }
  atomic_store<order::release, scope::system>(bell.word, abi::make_ring(number, flags));
}

std::uint32_t signal_board::latest(model::kernel_id kernel) {
  const std::lock_guard lock(mutex_);
  return number_of(kernel);
}

}  // namespace rk::host
