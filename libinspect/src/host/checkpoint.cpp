#include <rk/clock.hpp>
#include <rk/error.hpp>
#include <rk/host/checkpoint.hpp>

#include "host/operation_wait.hpp"
#include "host/session_core.hpp"

namespace rk {
namespace host {
namespace {

/// Longest piece for which the session's other users wait.
constexpr std::uint64_t drain_piece_bytes = 256u << 20;

}  // namespace

std::unique_ptr<held_checkpoint> session_core::checkpoint(model::kernel_id id,
                                                          const checkpoint_options& options) {
  require_open();
  const model::catalogue known = registry_->catalogue();
  std::vector<model::symbol> wanted;
  std::copy_if(known.symbols.begin(), known.symbols.end(), std::back_inserter(wanted),
               [](const model::symbol& s) { return s.checkpoint; });
  auto held = std::make_unique<held_checkpoint>();
  held->core = shared_from_this();
  held->presence = std::make_shared<int>();
  const auto until = deadline_in(options.limit);
  held->cut = wait_for_turn(until, [&] {
    return operations_->begin_cut(known.kernels.at(static_cast<std::size_t>(id)), wanted,
                                  options.then_leave, {}, held->presence);
  });
  held->cut = wait_for(*operations_, std::move(held->cut), until);
  held->info = describe_cut(held->cut);
  return held;
}

storage::checkpoint_info session_core::describe_cut(const protocol::operation_reply& cut) {
  storage::checkpoint_info info;
  info.id = cut.id;
  info.kernel = cut.kernel;
  info.step = cut.step;
  info.created_unix_ns = unix_ns();
  info.monotonic_ns = monotonic_ns();
  info.catalogue = registry_->catalogue();
  const std::vector<model::symbol> all = std::move(info.catalogue.symbols);
  info.catalogue.symbols.clear();
  for (const model::symbol_id id : cut.symbols) {
    info.catalogue.symbols.push_back(all[static_cast<std::size_t>(id)]);
  }
  for (const model::kernel& k : info.catalogue.kernels) {
    info.catalogue.symbols.push_back(all[static_cast<std::size_t>(k.actors)]);
    info.kernels.push_back({k.id, state_of(k.id), {}});
  }
  return info;
}

void held_checkpoint::drain(const backend::copier::taker& take) const {
  for (const model::symbol& s : info.catalogue.symbols) {
    if (s.runtime) continue;
    for (std::uint64_t at = 0; at < s.bytes; at += drain_piece_bytes) {
      const protocol::read_range piece{s.id, at, std::min(drain_piece_bytes, s.bytes - at)};
      core->safe_point_operations().drain(cut.operation, piece, take);
    }
  }
}

void held_checkpoint::save(const std::filesystem::path& path) const {
  storage::checkpoint_writer file(storage::atomic_file(path), info);
  drain([&file](std::span<const std::byte> piece) { file.append(piece); });
  for (const model::symbol& s : info.catalogue.symbols) {
    if (!s.runtime) continue;
    std::vector<std::byte> records(s.bytes);
    core->inspect(s.name, records.data(), records.size());
    file.append(records);
  }
  file.commit();
}

}  // namespace host

checkpoint::checkpoint(std::unique_ptr<host::held_checkpoint> held) : held_(std::move(held)) {}
checkpoint::checkpoint(checkpoint&&) noexcept = default;
checkpoint& checkpoint::operator=(checkpoint&&) noexcept = default;
checkpoint::~checkpoint() = default;

std::uint64_t checkpoint::step() const noexcept {
  return held_->cut.step;
}
std::chrono::nanoseconds checkpoint::pause() const noexcept {
  return std::chrono::nanoseconds(held_->cut.pause_ns);
}
std::uint64_t checkpoint::bytes() const noexcept {
  return held_->cut.bytes;
}
void checkpoint::save(const std::filesystem::path& path) const {
  held_->save(path);
}
void checkpoint::drain(const std::function<void(std::span<const std::byte>)>& take) const {
  held_->drain(take);
}

rk::checkpoint kernel::checkpoint(const checkpoint_options& options) {
  return rk::checkpoint(core_->checkpoint(static_cast<model::kernel_id>(id_), options));
}

}  // namespace rk
