#include "save.hpp"

#include <algorithm>

#include <rk/clock.hpp>

#include "render/progress.hpp"

namespace rk::cli {
namespace {

storage::checkpoint_info describe(target& t, const std::vector<model::symbol>& symbols,
                                  const std::optional<protocol::operation_reply>& cut) {
  const model::snapshot shot = t.snapshot();
  storage::checkpoint_info info;
  info.id = storage::new_checkpoint_id();
  info.consistency = cut ? "cut" : "live";
  info.kernel = cut ? cut->kernel : "";
  info.step = cut ? cut->step : 0;
  info.created_unix_ns = unix_ns();
  info.monotonic_ns = shot.taken_monotonic_ns;
  info.catalogue = t.catalogue;
  info.catalogue.symbols = symbols;
  for (const model::kernel& k : t.catalogue.kernels) {
    info.catalogue.symbols.push_back(*t.catalogue.find(k.actors));
  }
  for (const model::kernel_snapshot& k : shot.kernels) {
    info.kernels.push_back({k.id, k.state, k.error});
  }
  return info;
}

}  // namespace

storage::checkpoint_info save(target& t, const std::filesystem::path& path,
                              const std::vector<model::symbol>& symbols,
                              const std::optional<protocol::operation_reply>& cut) {
  storage::checkpoint_info info = describe(t, symbols, cut);
  std::uint64_t bytes = 0;
  for (const model::symbol& s : info.catalogue.symbols) bytes += s.bytes;
  storage::checkpoint_writer file(path, info);
  render::progress_bar bar(path.filename().string(), bytes);
  for (const model::symbol& s : info.catalogue.symbols) {
    const std::uint64_t from = cut && !s.runtime ? cut->operation : 0;
    for (std::uint64_t at = 0; at < s.bytes; at += protocol::max_read_bytes) {
      const protocol::read_range part{s.id, at, std::min(protocol::max_read_bytes, s.bytes - at)};
      file.append(t.client().read(std::span(&part, 1), from));
      bar.add(part.bytes);
    }
  }
  file.commit();
  return info;
}

}  // namespace rk::cli
