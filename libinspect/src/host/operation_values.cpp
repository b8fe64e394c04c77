#include <algorithm>

#include <rk/error.hpp>
#include <rk/protocol/frame.hpp>

#include "host/changed_ranges.hpp"
#include "host/operations.hpp"

/// What a finished cut holds.
namespace rk::host {
namespace {

using protocol::operation_state;

}  // namespace

std::uint64_t operations::pages_of(const operation& o) const {
  std::uint64_t sum = 0;
  for (const placed_range& p : o.placed) sum += p.pages();
  return sum;
}

std::vector<protocol::changed_range> operations::changes(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const operation& o = find(number);
  if (!o.reply.compared || o.reply.state != operation_state::done) {
    throw error("operation " + std::to_string(number) + " is no finished cut that was compared");
  }
  std::vector<std::byte> pages(pages_of(o));
  copier_->read(pages.data(), reinterpret_cast<const std::byte*>(o.changed_pages), pages.size());
  std::vector<protocol::changed_range> found;
  std::size_t page = 0;
  for (const placed_range& p : o.placed) {
    for (std::uint64_t at = 0; at < p.range.bytes; at += abi::page_bytes, ++page) {
      if (pages[page] == std::byte{0}) continue;
      const std::uint64_t offset = p.range.offset + at;
      const std::uint64_t bytes = std::min(abi::page_bytes, p.range.bytes - at);
      const auto symbol = static_cast<std::uint64_t>(p.range.symbol);
      found.push_back({symbol, offset, bytes});
    }
  }
  return joined(std::move(found), protocol::max_read_bytes / sizeof(protocol::changed_range));
}

std::vector<operations::found_piece> operations::pieces_of(const operation& o,
                                                           const protocol::read_range& wanted) {
  const std::string number = std::to_string(o.reply.operation);
  if (o.is_load || o.reply.state != operation_state::done) {
    throw error("operation " + number + " is no finished cut");
  }
  std::vector<found_piece> pieces;
  std::uint64_t found = 0;
  for (const placed_range& p : o.placed) {
    if (p.range.symbol != wanted.symbol) continue;
    const std::uint64_t first = std::max(wanted.offset, p.range.offset);
    const std::uint64_t end =
        std::min(wanted.offset + wanted.bytes, p.range.offset + p.range.bytes);
    if (first >= end) continue;
    pieces.push_back({first - wanted.offset, p.at + (first - p.range.offset), end - first});
    found += end - first;
  }
  if (found != wanted.bytes) {
    throw not_found("cut " + number + " does not hold " + std::to_string(wanted.bytes) +
                    " bytes of symbol number " +
                    std::to_string(static_cast<std::uint32_t>(wanted.symbol)) + " from " +
                    std::to_string(wanted.offset));
  }
  return pieces;
}

void operations::read(std::uint64_t number, const protocol::read_range& wanted, std::byte* to) {
  const std::lock_guard lock(mutex_);
  for (const found_piece& p : pieces_of(find(number), wanted)) {
    copier_->read(to + p.at, p.from, p.bytes);
  }
}

void operations::drain(std::uint64_t number, const protocol::read_range& wanted,
                       const backend::copier::taker& take) {
  const std::lock_guard drain_lock(drain_mutex_);
  std::vector<found_piece> pieces;
  {
    const std::lock_guard lock(mutex_);
    operation& o = find(number);
    pieces = pieces_of(o, wanted);
    ++o.drains;  // it stays until this is over
  }
  const auto end_drain = [this] {
    const std::lock_guard lock(mutex_);
    --operation_->drains;
    operation_->last_use = clock::now();
    released_.notify_all();
  };
  try {
    for (const found_piece& p : pieces) drain_copier_->drain(p.from, p.bytes, take);
  } catch (...) {
    end_drain();
    throw;
  }
  end_drain();
}

}  // namespace rk::host
