#include "host/request_board.hpp"

namespace rk::host {
namespace {

/// Kernels see the requests as constant; this is who writes them.
abi::kernel_requests& requests_of(const registry& symbols, model::kernel_id kernel) {
  return const_cast<abi::kernel_requests&>(*symbols.view_of(kernel).requests);
}

}  // namespace

request_board::request_board(const registry& symbols, backend::device& device)
    : symbols_(symbols), copier_(device.create_copier(backend::copier::usual_piece_bytes)) {}

request_board::asked& request_board::of(model::kernel_id kernel) {
  const auto index = static_cast<std::size_t>(kernel);
  if (asked_.size() <= index) asked_.resize(index + 1);
  return asked_[index];
}

void request_board::write_word(model::kernel_id kernel) {
  const asked& now = of(kernel);
  copier_->write_word(&requests_of(symbols_, kernel).request.word,
                      abi::make_request(now.operation, now.bits));
}

void request_board::add(model::kernel_id kernel, abi::request r) {
  const std::lock_guard lock(mutex_);
  of(kernel).bits |= abi::bits(r);
  write_word(kernel);
}

void request_board::ask(model::kernel_id kernel, std::uint64_t number,
                        const abi::operation_line& what) {
  const std::lock_guard lock(mutex_);
  copier_->write(reinterpret_cast<std::byte*>(&requests_of(symbols_, kernel).operation),
                 reinterpret_cast<const std::byte*>(&what), sizeof what);
  of(kernel).operation = number;
  write_word(kernel);
}

void request_board::take_back(model::kernel_id kernel) {
  const std::lock_guard lock(mutex_);
  of(kernel).operation = 0;
  write_word(kernel);
}

void request_board::remove(model::kernel_id kernel, abi::request r) {
  const std::lock_guard lock(mutex_);
  of(kernel).bits &= ~abi::bits(r);
  write_word(kernel);
}

bool request_board::is_asked_to_end(model::kernel_id kernel) {
  const std::lock_guard lock(mutex_);
  return (of(kernel).bits & abi::agreed_requests) != 0;
}

void request_board::clear(model::kernel_id kernel) {
  const std::lock_guard lock(mutex_);
  of(kernel) = {};
  write_word(kernel);
}

}  // namespace rk::host
