#include "black_box.hpp"

#include <algorithm>
#include <cstdio>

#include <rk/clock.hpp>
#include <rk/error.hpp>
#include <rk/exporters/json.hpp>
#include <rk/storage/atomic_file.hpp>

namespace rk::agent {
namespace {

constexpr std::uint64_t piece_bytes = 4u << 20;

const model::symbol_value* last_value(const model::snapshot& last, model::symbol_id id) {
  const auto found = std::find_if(last.scalars.begin(), last.scalars.end(),
                                  [id](const auto& value) { return value.id == id; });
  return found == last.scalars.end() ? nullptr : &*found;
}

}  // namespace

void black_box::complain(const std::string& what) {
  if (what == last_complaint_) return;
  std::fprintf(stderr, "rk-agent: black box: %s\n", what.c_str());
  last_complaint_ = what;
}

void black_box::attach(const protocol::client& target, const model::catalogue& c) {
  if (is_buried_) return;
  // The control segment's descriptor comes first.
  try {
    memory_.map_control(target.descriptors().at(0));
  } catch (const std::exception& e) {
    complain("the control segment of '" + c.target.name + "' cannot be mapped: " + e.what());
  }
  const auto& ids = target.peer().segments;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (memory_.holds(ids[i])) continue;
    try {
      memory_.map(c, ids[i], target.descriptors().at(i + 1));
    } catch (const std::exception& e) {
      complain("segment " + std::to_string(static_cast<std::uint32_t>(ids[i])) + " of '" +
               c.target.name + "' cannot be held: " + e.what());
      return;
    }
  }
}

std::vector<abi::actor_record> black_box::records_of(const model::catalogue& c,
                                                     const model::kernel& k) const {
  const model::symbol& actors = *c.find(k.actors);
  if (!actors.where || !memory_.holds(actors.where->segment)) return {};
  std::vector<abi::actor_record> records(k.actor_count);
  memory_.read(*actors.where, std::as_writable_bytes(std::span(records)));
  return records;
}

bool black_box::has_died(const model::catalogue& c) noexcept {
  try {
    // Said in host memory: to look at the actors would make a context on their GPU.
    if (memory_.session_has_ended()) return false;
    return std::any_of(c.kernels.begin(), c.kernels.end(), [&](const model::kernel& k) {
      const auto records = records_of(c, k);
      return std::any_of(records.begin(), records.end(), model::has_work_left);
    });
  } catch (const std::exception& e) {
    complain("whether '" + c.target.name + "' has died cannot be told: " + e.what());
    return false;
  }
}

storage::checkpoint_info black_box::describe(const model::snapshot& last,
                                             const std::string& cause) const {
  storage::checkpoint_info info;
  info.id = storage::new_checkpoint_id();
  info.consistency = "live";
  info.cause = cause;
  info.created_unix_ns = unix_ns();
  info.monotonic_ns = monotonic_ns();
  info.catalogue = last.catalogue;
  std::erase_if(info.catalogue.symbols, [&](const model::symbol& s) {
    const bool is_mapped = s.where && memory_.holds(s.where->segment);
    return !is_mapped && last_value(last, s.id) == nullptr;
  });
  // A kernel is known by its actors' records.
  std::erase_if(info.catalogue.kernels,
                [&](const model::kernel& k) { return info.catalogue.find(k.actors) == nullptr; });
  // What only the process could read is as old as the last sample.
  for (model::symbol& s : info.catalogue.symbols) {
    if (s.where) continue;
    s.note = "of the last sample, " +
             std::to_string((info.monotonic_ns - last.taken_monotonic_ns) / 1'000'000) +
             " ms before this file was written";
  }
  model::snapshot end{info.catalogue, info.created_unix_ns, info.monotonic_ns, {}, {}, {}};
  for (const auto& k : info.catalogue.kernels) {
    info.kernels.push_back({k.id, model::kernel_state::faulted, cause});
    end.kernels.push_back(
        {k.id, model::kernel_state::faulted, cause, records_of(info.catalogue, k)});
  }
  info.actors = exporters::actors_note(end);
  return info;
}

void black_box::write(const std::filesystem::path& path, const storage::checkpoint_info& info,
                      const model::snapshot& last) {
  storage::atomic_file to(path);
  storage::checkpoint_writer file(to, info);
  std::vector<std::byte> piece(piece_bytes);
  for (const model::symbol& s : info.catalogue.symbols) {
    if (const auto* value = s.where ? nullptr : last_value(last, s.id)) {
      file.append(value->bytes);
      continue;
    }
    for (std::uint64_t at = 0; at < s.bytes; at += piece.size()) {
      const auto part = std::span(piece).first(std::min<std::uint64_t>(piece_bytes, s.bytes - at));
      memory_.read({s.where->segment, s.where->offset + at}, part);
      file.append(part);
    }
  }
  file.commit();
}

void black_box::bury(const model::snapshot& last, const std::string& cause) noexcept {
  if (std::exchange(is_buried_, true)) return;
  const std::string& name = last.catalogue.target.name;
  try {
    const storage::checkpoint_info info = describe(last, cause);
    dead_.make_room(info);
    const std::filesystem::path path = dead_.path_for(info);
    write(path, info, last);
    std::printf("rk-agent: target '%s' died (%s); its last state is in %s\n", name.c_str(),
                cause.c_str(), path.c_str());
    std::fflush(stdout);
  } catch (const std::exception& e) {
    complain("the last state of '" + name + "' is lost: " + e.what());
  }
  memory_ = {};
}

}  // namespace rk::agent
