#include <rk/clock.hpp>
#include <rk/error.hpp>
#include <rk/host/checkpoint.hpp>
#include <rk/storage/atomic_file.hpp>

#include "host/session_core.hpp"

namespace rk {
namespace host {
namespace {

/// Longest piece for which other drains, and launches, wait.
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
  if (!options.base.empty()) {
    held->base.emplace(options.base);
    static_cast<void>(held->base->match(known));
  }
  const protocol::patience patience{protocol::after(options.limit)};
  auto begun = protocol::begin_in_turn(patience.until, [&] {
    return operations_->begin_cut(known.kernels.at(static_cast<std::size_t>(id)), wanted,
                                  options.then_leave, held->base ? held->base->info().id : "",
                                  held->presence);
  });
  held->cut = await(std::move(begun), patience);
  held->info = describe_cut(held->cut);
  if (held->base) {
    held->info.parent = held->base->info().id;
    held->info.parent_file = options.base.filename();
  }
  return held;
}

storage::checkpoint_info session_core::describe_cut(const protocol::operation_reply& cut) {
  storage::checkpoint_info info;
  info.id = cut.id;
  info.kernel = cut.kernel;
  info.step = cut.step;
  info.epoch = cut.operation;
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
    if (!model::is_record(s)) drain(s, {0, s.bytes}, take);
  }
}

void held_checkpoint::drain(const model::symbol& s, const model::byte_range& part,
                            const backend::copier::taker& take) const {
  for (std::uint64_t at = 0; at < part.bytes; at += drain_piece_bytes) {
    const std::uint64_t bytes = std::min(drain_piece_bytes, part.bytes - at);
    core->safe_point_operations().drain(cut.operation, {s.id, part.offset + at, bytes}, take);
  }
}

std::vector<storage::symbol_change> held_checkpoint::changes() const {
  if (!base) return {};
  std::vector<model::symbol> state;
  std::copy_if(info.catalogue.symbols.begin(), info.catalogue.symbols.end(),
               std::back_inserter(state),
               [](const model::symbol& s) { return !model::is_record(s); });
  operations& all = core->safe_point_operations();
  if (cut.compared) return storage::by_symbol(state, all.changes(cut.operation));
  return base->compare(state,
                       [&](const model::symbol& s, std::uint64_t offset, std::span<std::byte> to) {
                         all.read(cut.operation, {s.id, offset, to.size()}, to.data());
                       });
}

void held_checkpoint::write(storage::output& to) const {
  const std::vector<storage::symbol_change> changed = changes();
  storage::checkpoint_writer file(to, info, changed);
  const auto take = [&file](std::span<const std::byte> piece) { file.append(piece); };
  for (const model::symbol& s : info.catalogue.symbols) {
    if (model::is_record(s)) {
      std::vector<std::byte> records(s.bytes);
      core->inspect(s.name, records.data(), records.size());
      file.append(records);
      continue;
    }
    for (const model::byte_range& part : storage::stored_ranges(s, changed)) drain(s, part, take);
  }
  file.commit();
}

}  // namespace host

namespace {

/// What a file has besides state, roughly.
constexpr std::uint64_t header_bytes = 1u << 20;

}  // namespace

checkpoint::checkpoint(std::unique_ptr<host::held_checkpoint> held) : held_(std::move(held)) {}
checkpoint::checkpoint(checkpoint&&) noexcept = default;
checkpoint& checkpoint::operator=(checkpoint&&) noexcept = default;
checkpoint::~checkpoint() = default;

std::uint64_t checkpoint::step() const noexcept {
  return held_->cut.step;
}
std::uint64_t checkpoint::epoch() const noexcept {
  return held_->cut.operation;
}
std::chrono::nanoseconds checkpoint::pause() const noexcept {
  return std::chrono::nanoseconds(held_->cut.pause_ns);
}
std::uint64_t checkpoint::bytes() const noexcept {
  return held_->cut.bytes;
}
void checkpoint::save(const std::filesystem::path& path) const {
  if (held_->base) held_->base->require_place(path);
  storage::atomic_file file(path);
  held_->write(file);
}
std::vector<std::byte> checkpoint::serialize() const {
  storage::memory_output memory(held_->base ? 0 : held_->cut.bytes + header_bytes);
  held_->write(memory);
  return std::move(memory).take();
}
void checkpoint::read(const std::string& symbol, void* buffer, std::size_t bytes) const {
  const model::symbol& s = held_->info.catalogue.resolve(symbol);
  if (bytes != s.bytes) {
    throw invalid_argument(s.name + " has " + std::to_string(s.bytes) + " bytes, the buffer " +
                           std::to_string(bytes));
  }
  held_->core->safe_point_operations().read(held_->cut.operation, {s.id, 0, bytes},
                                            static_cast<std::byte*>(buffer));
}

void checkpoint::drain(const std::function<void(std::span<const std::byte>)>& take) const {
  held_->drain(take);
}

rk::checkpoint kernel::checkpoint(const checkpoint_options& options) {
  return rk::checkpoint(core_->checkpoint(static_cast<model::kernel_id>(id_), options));
}

}  // namespace rk
