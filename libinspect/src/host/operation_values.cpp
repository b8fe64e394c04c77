#include <algorithm>

#include <rk/error.hpp>

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
      const bool continues = !found.empty() && found.back().symbol == symbol &&
                             found.back().offset + found.back().bytes == offset;
      if (continues) {
        found.back().bytes += bytes;
      } else {
        found.push_back({symbol, offset, bytes});
      }
    }
  }
  return found;
}

template <class Visit>
void operations::for_each_piece(std::uint64_t number, const protocol::read_range& wanted,
                                Visit visit) {
  operation& o = find(number);
  if (o.is_load || o.reply.state != operation_state::done) {
    throw error("operation " + std::to_string(number) + " is no finished cut");
  }
  std::uint64_t found = 0;
  for (const placed_range& p : o.placed) {
    if (p.range.symbol != wanted.symbol) continue;
    const std::uint64_t first = std::max(wanted.offset, p.range.offset);
    const std::uint64_t end =
        std::min(wanted.offset + wanted.bytes, p.range.offset + p.range.bytes);
    if (first >= end) continue;
    visit(first - wanted.offset, p.at + (first - p.range.offset), end - first);
    found += end - first;
  }
  if (found != wanted.bytes) {
    throw not_found("cut " + std::to_string(number) + " does not hold " +
                    std::to_string(wanted.bytes) + " bytes of symbol number " +
                    std::to_string(static_cast<std::uint32_t>(wanted.symbol)) + " from " +
                    std::to_string(wanted.offset));
  }
  o.last_use = clock::now();  // whoever takes the pieces may have been slow
}

void operations::read(std::uint64_t number, const protocol::read_range& wanted, std::byte* to) {
  const std::lock_guard lock(mutex_);
  for_each_piece(number, wanted, [&](std::uint64_t at, const std::byte* from, std::uint64_t bytes) {
    copier_->read(to + at, from, bytes);
  });
}

void operations::drain(std::uint64_t number, const protocol::read_range& wanted,
                       const backend::copier::taker& take) {
  const std::lock_guard lock(mutex_);
  for_each_piece(number, wanted, [&](std::uint64_t, const std::byte* from, std::uint64_t bytes) {
    copier_->drain(from, bytes, take);
  });
}

}  // namespace rk::host
