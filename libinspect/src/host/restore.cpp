#include <algorithm>
#include <span>

#include <unistd.h>

#include <rk/storage/checkpoint_file.hpp>

#include "host/session_core.hpp"

/// Symbols take the values that a checkpoint file holds.
namespace rk::host {
namespace {

constexpr std::uint64_t piece_bytes = 4u << 20;

/// A file that is whole, to its last byte, and that fits.
struct fitting_file {
  fitting_file(const std::filesystem::path& path, const model::catalogue& known)
      : reader(path), pairs(reader.match(known)) {
    reader.verify();
  }
  /// Hands all values to `take`, with the symbol that they are for and their place in it.
  template <class Take>
  void for_each_piece(Take take) const {
    std::vector<std::byte> piece(piece_bytes);
    for (const storage::matched_symbol& pair : pairs) {
      for (std::uint64_t at = 0; at < pair.to.bytes; at += piece_bytes) {
        const auto part = std::span(piece).first(std::min(piece_bytes, pair.to.bytes - at));
        reader.read(pair.from, at, part);
        take(pair.to, at, part);
      }
    }
  }

  storage::checkpoint_reader reader;
  std::vector<storage::matched_symbol> pairs;
};

}  // namespace

void session_core::restore(const std::filesystem::path& checkpoint) {
  require_open();
  const fitting_file file(checkpoint, registry_->catalogue());
  operations_->change_at_rest([&] {
    file.for_each_piece([this](const model::symbol& s, std::uint64_t at, auto values) {
      auto* to = const_cast<std::byte*>(registry_->address(s.id, at, values.size()));
      const std::lock_guard lock(copier_mutex_);
      copier_->write(to, values.data(), values.size());
    });
  });
}

std::uint64_t session_core::restore(model::kernel_id id, const std::filesystem::path& checkpoint,
                                    std::chrono::nanoseconds limit) {
  require_open();
  const model::catalogue known = registry_->catalogue();
  const fitting_file file(checkpoint, known);
  std::vector<protocol::read_range> ranges;
  for (const auto& pair : file.pairs) ranges.push_back({pair.to.id, 0, pair.to.bytes});
  model::change entry;
  entry.what = "checkpoint " + file.reader.info().id;
  entry.pid = known.target.pid;
  entry.user = ::getuid();
  entry.program = known.target.program;
  const auto presence = std::make_shared<int>();
  const auto staged = protocol::begin_in_turn(protocol::after(limit), [&] {
    return operations_->begin_staging(known.kernels.at(static_cast<std::size_t>(id)), ranges, entry,
                                      presence);
  });
  std::uint64_t offset = 0;
  file.for_each_piece([&](const model::symbol&, std::uint64_t, auto values) {
    static_cast<void>(operations_->put(staged.operation, offset, values));
    offset += values.size();
  });
  auto begun = operations_->act(staged.operation, protocol::operation_action::commit);
  return await(std::move(begun), {protocol::after(limit)}).step;
}

}  // namespace rk::host
