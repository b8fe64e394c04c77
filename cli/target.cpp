#include "target.hpp"

#include <algorithm>
#include <filesystem>

#include <rk/clock.hpp>
#include <rk/error.hpp>
#include <rk/model/nearest.hpp>

#include "render/number.hpp"

namespace rk::cli {
namespace {

std::vector<std::string> names_of(const std::vector<protocol::session_entry>& sessions) {
  std::vector<std::string> names;
  for (const auto& s : sessions) names.push_back(s.name);
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& n : names) text += (text.empty() ? "" : ", ") + n;
  return text;
}

bool is_file(const std::string& text) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(text, ignored);
}

/// The dead target that `text` names, the latest of several; of an empty text, the only one.
std::optional<storage::grave> find_dead(const std::string& text) {
  const auto dead = list_dead();
  if (text.empty()) return dead.size() == 1 ? std::optional(dead.front()) : std::nullopt;
  const auto found = std::find_if(dead.rbegin(), dead.rend(), [&](const storage::grave& g) {
    return g.name == text || std::to_string(g.pid) == text ||
           g.name + "." + std::to_string(g.pid) == text;
  });
  return found == dead.rend() ? std::nullopt : std::optional(*found);
}

bool is_named(const protocol::session_entry& s, const std::string& text) {
  return s.name == text || std::to_string(s.pid) == text;
}

}  // namespace

target::target(protocol::client live) : client_(std::move(live)) {
  catalogue = client_->catalogue();
}

target::target(storage::checkpoint_reader file) : file_(std::move(file)) {
  catalogue = file_->info().catalogue;
}

protocol::client& target::client() {
  if (!client_) throw rk::invalid_argument("this needs a live target, and a file is none");
  return *client_;
}

exporters::reading target::read(const std::string& expression, std::uint64_t max_bytes,
                                consistency wanted) {
  exporters::reading r;
  r.what = model::resolve(catalogue, expression);
  const std::uint64_t bytes = r.what.count() * catalogue.types[r.what.type].size;
  if (bytes > max_bytes) {
    throw rk::invalid_argument(expression + " is " + render::bytes(bytes) + ", more than " +
                               render::bytes(max_bytes) +
                               ": choose a slice, or read it with --npy FILE");
  }
  if (file_) {
    r.consistency = file_->info().consistency;
    r.value = file_->read(r.what);
    if (r.consistency == "cut") {
      r.step = file_->info().step;
      r.epoch = file_->info().epoch;
    }
    r.unix_ns = file_->info().created_unix_ns;
    return r;
  }
  switch (wanted) {
    case consistency::live:
      r.consistency = "live";
      r.value = client_->read(catalogue, r.what);
      break;
    case consistency::versioned: {
      auto v = client_->read_versioned(catalogue, r.what);
      r.consistency = "versioned";
      r.value = std::move(v.value);
      r.retries = v.retries;
      r.age_ns = v.age_ns;
      break;
    }
    case consistency::cut: {
      const auto cut = client_->cut({.kernel = {}, .symbols = {r.what.symbol}, .leave = false});
      r.consistency = "cut";
      r.value = client_->read(catalogue, r.what, cut.operation);
      r.step = cut.step;
      r.epoch = cut.operation;
      r.pause_ns = cut.pause_ns;
      client_->release(cut);
      break;
    }
  }
  r.unix_ns = unix_ns();
  return r;
}

model::array_value target::read(const model::selection& what) {
  return file_ ? file_->read(what) : client_->read(catalogue, what);
}

std::vector<std::byte> target::read_bytes(const model::symbol& s, std::uint64_t offset,
                                          std::uint64_t bytes) {
  if (!file_) {
    const protocol::read_range range{s.id, offset, bytes};
    return client_->read(std::span(&range, 1));
  }
  std::vector<std::byte> read(bytes);
  file_->read(s, offset, read);
  return read;
}

model::snapshot target::snapshot() {
  if (file_) return file_->snapshot();
  model::snapshot shot = client_->snapshot(catalogue);
  if (shot.catalogue.revision != catalogue.revision) catalogue = shot.catalogue;
  return shot;
}

protocol::session_entry find_session(const std::string& text) {
  const auto directory = protocol::runtime_directory();
  const auto sessions = protocol::list_sessions(directory);
  if (sessions.empty()) {
    throw rk::not_found((text.empty() ? std::string("no target") : "no target '" + text + "'") +
                        ": no session runs in " + directory.string() +
                        " (start one, such as rk-wave --name demo)");
  }
  const std::vector<std::string> names = names_of(sessions);
  if (text.empty()) {
    if (sessions.size() == 1) return sessions.front();
    throw rk::invalid_argument("there are several targets, name one: " + joined(names));
  }
  const auto found = std::find_if(sessions.begin(), sessions.end(),
                                  [&](const auto& s) { return is_named(s, text); });
  if (found != sessions.end()) return *found;
  const std::string guess = model::did_you_mean(text, names);
  throw rk::not_found("no target '" + text + "'" +
                      (guess.empty() ? "; there is: " + joined(names) : ";" + guess));
}

target open_target(const std::string& text, std::chrono::milliseconds timeout) {
  const auto sessions = protocol::list_sessions(protocol::runtime_directory());
  const bool is_live = std::any_of(sessions.begin(), sessions.end(),
                                   [&](const auto& s) { return is_named(s, text); });
  if (!is_live && (!text.empty() || sessions.empty())) {
    if (const auto grave = find_dead(text)) return target(storage::checkpoint_reader(grave->path));
    if (is_file(text)) return target(storage::checkpoint_reader(text));
  }
  return target(protocol::client::connect(find_session(text).socket, timeout));
}

std::vector<storage::grave> list_dead() {
  return storage::graveyard(storage::graveyard::default_folder(protocol::runtime_directory()))
      .list();
}

target_and_rest split_target(std::vector<std::string> words) {
  if (words.size() < 2) return {{}, std::move(words)};
  const auto sessions = protocol::list_sessions(protocol::runtime_directory());
  const bool names_target = is_file(words.front()) ||
                            std::any_of(sessions.begin(), sessions.end(),
                                        [&](const auto& s) { return is_named(s, words.front()); });
  // Exactly two words are TARGET SYMBOL even if there is no such target: that is the better error.
  if (!names_target && words.size() > 2) return {{}, std::move(words)};
  std::string first = std::move(words.front());
  words.erase(words.begin());
  return {std::move(first), std::move(words)};
}

}  // namespace rk::cli
