#include "save.hpp"

#include <algorithm>

#include <rk/clock.hpp>

#include "render/progress.hpp"

namespace rk::cli {
namespace {

storage::checkpoint_info describe(target& t, const saving& what) {
  const model::snapshot shot = t.snapshot();
  storage::checkpoint_info info;
  info.id = what.cut ? what.cut->id : storage::new_checkpoint_id();
  info.consistency = what.cut ? "cut" : "live";
  info.kernel = what.cut ? what.cut->kernel : "";
  info.step = what.cut ? what.cut->step : 0;
  info.epoch = what.cut ? what.cut->operation : 0;
  if (what.base != nullptr) {
    info.parent = what.base->info().id;
    info.parent_file = what.base_file;
  }
  info.created_unix_ns = unix_ns();
  info.monotonic_ns = shot.taken_monotonic_ns;
  info.actors = exporters::actors_note(shot);
  info.catalogue = t.catalogue;
  info.catalogue.symbols = what.symbols;
  for (const model::kernel& k : t.catalogue.kernels) {
    info.catalogue.symbols.push_back(*t.catalogue.find(k.actors));
  }
  for (const model::kernel_snapshot& k : shot.kernels) {
    info.kernels.push_back({k.id, k.state, k.error});
  }
  return info;
}

/// Bytes of a symbol from the cut that is saved, or as they are now.
std::vector<std::byte> read(target& t, const saving& what, const model::symbol& s,
                            const model::byte_range& part) {
  const protocol::read_range range{s.id, part.offset, part.bytes};
  return t.client().read(std::span(&range, 1),
                         what.cut && !model::is_record(s) ? what.cut->operation : 0);
}

/// What has changed since the base: the device knows it if it made the base's cut last; else all
/// values are fetched and compared with the file's.
std::vector<storage::symbol_change> changes_since_base(target& t, const saving& what) {
  if (what.base == nullptr) return {};
  if (what.cut->compared) return storage::by_symbol(what.symbols, t.client().changes(*what.cut));
  return what.base->compare(what.symbols,
                            [&](const model::symbol& s, std::uint64_t at, std::span<std::byte> to) {
                              const auto now = read(t, what, s, {at, to.size()});
                              std::copy(now.begin(), now.end(), to.begin());
                            });
}

/// Parts of a symbol that the file holds, none larger than one answer of the session.
std::vector<model::byte_range> parts_of(const model::symbol& s,
                                        const std::vector<storage::symbol_change>& changes) {
  std::vector<model::byte_range> parts;
  for (const model::byte_range& r : storage::stored_ranges(s, changes)) {
    for (std::uint64_t at = 0; at < r.bytes; at += protocol::max_read_bytes) {
      parts.push_back({r.offset + at, std::min(protocol::max_read_bytes, r.bytes - at)});
    }
  }
  return parts;
}

}  // namespace

saved save(target& t, storage::atomic_file& file, const saving& what) {
  saved result{describe(t, what)};
  const auto changes = changes_since_base(t, what);
  std::vector<std::vector<model::byte_range>> parts;
  for (const model::symbol& s : result.info.catalogue.symbols) {
    parts.push_back(parts_of(s, changes));
    for (const model::byte_range& part : parts.back()) {
      result.bytes += part.bytes;
      if (!model::is_record(s)) result.state_bytes += part.bytes;
    }
  }
  render::progress_bar bar(file.path().filename().string(), result.bytes);
  storage::checkpoint_writer writer(file, result.info, changes);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (const model::byte_range& part : parts[i]) {
      writer.append(read(t, what, result.info.catalogue.symbols[i], part));
      bar.add(part.bytes);
    }
  }
  writer.commit();
  return result;
}

}  // namespace rk::cli
