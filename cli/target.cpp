#include "target.hpp"

#include <algorithm>
#include <chrono>

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

bool is_named(const protocol::session_entry& s, const std::string& text) {
  return s.name == text || std::to_string(s.pid) == text;
}

}  // namespace

exporters::reading target::read(const std::string& expression, std::uint64_t max_bytes) {
  exporters::reading r;
  r.what = model::resolve(catalogue, expression);
  const std::uint64_t bytes = r.what.count() * catalogue.types[r.what.type].size;
  if (bytes > max_bytes) {
    throw rk::invalid_argument(expression + " is " + render::bytes(bytes) + ", more than " +
                               render::bytes(max_bytes) +
                               ": choose a slice, or read it with --npy FILE");
  }
  r.value = client.read(catalogue, r.what);
  r.consistency = "live";
  r.unix_ns = unix_ns();
  return r;
}

model::snapshot target::snapshot() {
  model::snapshot shot = client.snapshot(catalogue);
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
  const protocol::session_entry entry = find_session(text);
  auto client = protocol::client::connect(entry.socket, timeout);
  model::catalogue catalogue = client.catalogue();
  return {std::move(client), std::move(catalogue)};
}

target_and_rest split_target(std::vector<std::string> words) {
  if (words.size() < 2) return {{}, std::move(words)};
  const auto sessions = protocol::list_sessions(protocol::runtime_directory());
  const bool names_target = std::any_of(sessions.begin(), sessions.end(),
                                        [&](const auto& s) { return is_named(s, words.front()); });
  // Exactly two words are TARGET SYMBOL even if there is no such target: that is the better error.
  if (!names_target && words.size() > 2) return {{}, std::move(words)};
  std::string first = std::move(words.front());
  words.erase(words.begin());
  return {std::move(first), std::move(words)};
}

}  // namespace rk::cli
