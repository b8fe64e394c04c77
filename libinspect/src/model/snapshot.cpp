#include <algorithm>
#include <array>
#include <map>

#include <rk/error.hpp>
#include <rk/model/snapshot.hpp>

#include "model/text.hpp"

namespace rk::model {

std::string_view to_string(abi::actor_state s) noexcept {
  switch (s) {
    case abi::actor_state::not_started:
      return "not_started";
    case abi::actor_state::running:
      return "running";
    case abi::actor_state::finished:
      return "finished";
    case abi::actor_state::failed:
      return "failed";
    case abi::actor_state::preempted:
      return "preempted";
  }
  return "unknown";
}

std::string_view to_string(abi::wait_kind k) noexcept {
  switch (k) {
    case abi::wait_kind::none:
      return "none";
    case abi::wait_kind::grid_barrier:
      return "grid_barrier";
    case abi::wait_kind::user:
      return "user";
    case abi::wait_kind::preemption:
      return "preemption";
    case abi::wait_kind::barrier:
      return "barrier";
    case abi::wait_kind::neighbors:
      return "neighbors";
    case abi::wait_kind::idle:
      return "idle";
    case abi::wait_kind::room:
      return "room";
    case abi::wait_kind::message:
      return "message";
  }
  return "unknown";
}

std::string_view to_string(abi::status s) noexcept {
  switch (s) {
    case abi::status::ok:
      return "ok";
    case abi::status::timed_out:
      return "timed_out";
    case abi::status::aborted:
      return "aborted";
    case abi::status::preempted:
      return "preempted";
    case abi::status::interrupted:
      return "interrupted";
    case abi::status::full:
      return "full";
    case abi::status::empty:
      return "empty";
    case abi::status::gone:
      return "gone";
    case abi::status::nobody:
      return "nobody";
    case abi::status::wrong_size:
      return "wrong_size";
  }
  return "unknown";
}

std::string_view to_string(abi::event_kind k) noexcept {
  switch (k) {
    case abi::event_kind::none:
      return "none";
    case abi::event_kind::started:
      return "started";
    case abi::event_kind::step:
      return "step";
    case abi::event_kind::waiting:
      return "waiting";
    case abi::event_kind::waited:
      return "waited";
    case abi::event_kind::operation:
      return "operation";
    case abi::event_kind::finished:
      return "finished";
    case abi::event_kind::noted:
      return "noted";
    case abi::event_kind::met:
      return "met";
    case abi::event_kind::sent:
      return "sent";
    case abi::event_kind::received:
      return "received";
    case abi::event_kind::woken:
      return "woken";
    case abi::event_kind::commanded:
      return "commanded";
  }
  return "unknown";
}

std::string_view to_string(kernel_state s) noexcept {
  switch (s) {
    case kernel_state::running:
      return "running";
    case kernel_state::preempted:
      return "preempted";
    case kernel_state::finished:
      return "finished";
    case kernel_state::faulted:
      return "faulted";
    case kernel_state::unknown:
      return "unknown";
  }
  return "unknown";
}

kernel_state parse_kernel_state(std::string_view text) {
  constexpr std::array all{kernel_state::running, kernel_state::preempted, kernel_state::finished,
                           kernel_state::faulted, kernel_state::unknown};
  for (const kernel_state s : all) {
    if (to_string(s) == text) return s;
  }
  throw incompatible("no state of a kernel is called " + detail::quoted(text));
}

bool is_idle(const abi::actor_record& actor) noexcept {
  return actor.state == abi::actor_state::running && actor.wait.kind == abi::wait_kind::idle;
}

bool is_waiting(const abi::actor_record& actor) noexcept {
  return actor.state == abi::actor_state::running && actor.wait.kind != abi::wait_kind::none &&
         actor.wait.kind != abi::wait_kind::idle;
}

bool has_work_left(const abi::actor_record& actor) noexcept {
  return actor.state == abi::actor_state::running || actor.state == abi::actor_state::preempted;
}

namespace {

std::string doing(const abi::actor_record& r) {
  if (r.state != abi::actor_state::running) return std::string(to_string(r.state));
  if (r.wait.kind == abi::wait_kind::none) return "at work in a step";
  if (r.wait.kind == abi::wait_kind::idle) {
    return "with nothing to do, line " + std::to_string(r.wait.source_line);
  }
  return "in " + std::string(to_string(r.wait.kind)) + ", line " +
         std::to_string(r.wait.source_line);
}

}  // namespace

std::string describe_actors(std::span<const abi::actor_record> actors,
                            const std::function<bool(const abi::actor_record&)>& wanted) {
  constexpr std::size_t named_actors = 8;
  std::map<std::string, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < actors.size(); ++i) {
    if (wanted(actors[i])) alike[doing(actors[i])].push_back(i);
  }
  std::string text;
  for (const auto& [what, who] : alike) {
    text += (text.empty() ? "" : "; ") + std::to_string(who.size()) + " " + what;
    text += who.size() == 1 ? " (actor" : " (actors";
    for (std::size_t i = 0; i < std::min(who.size(), named_actors); ++i) {
      text += " " + std::to_string(who[i]);
    }
    text += who.size() > named_actors ? " ...)" : ")";
  }
  return text;
}

bool is_scalar_symbol(const catalogue& c, const symbol& s) {
  // No number is longer; a symbol that says so all the same costs no memory.
  constexpr std::uint64_t max_scalar_bytes = 16;
  return !s.runtime && s.shape.empty() && s.bytes <= max_scalar_bytes && is_scalar(c.types[s.type]);
}

std::uint64_t completed_steps(std::span<const abi::actor_record> actors) noexcept {
  const auto least = std::min_element(actors.begin(), actors.end(),
                                      [](const abi::actor_record& a, const abi::actor_record& b) {
                                        return a.progress < b.progress;
                                      });
  return least == actors.end() ? 0 : least->progress;
}

std::uint64_t kernel_snapshot::count(abi::actor_state s) const noexcept {
  const auto found = std::count_if(actors.begin(), actors.end(),
                                   [s](const abi::actor_record& a) { return a.state == s; });
  return static_cast<std::uint64_t>(found);
}

}  // namespace rk::model
