#include "commands/top_table.hpp"

#include <algorithm>
#include <sstream>

#include "render/number.hpp"
#include "render/table.hpp"

namespace rk::cli {
namespace {

using model::actor_activity;
using std::chrono::duration;

std::string seconds_text(double seconds) {
  return render::duration(duration<double>(seconds));
}

/// Ages come from two clocks that were set against each other to a few microseconds.
constexpr double clock_error_seconds = 10e-6;
std::string age_text(double seconds) {
  return seconds < clock_error_seconds ? "<10 µs" : seconds_text(seconds);
}

std::string rate_text(const std::optional<double>& rate) {
  return rate ? render::rate(*rate) : "-";
}

std::string wait_text(const actor_activity& a) {
  const abi::wait_record& w = a.record.wait;
  if (w.kind == abi::wait_kind::none) return "-";
  if (w.kind == abi::wait_kind::idle) {
    return "nothing to do, line " + std::to_string(w.source_line);
  }
  return std::string(model::to_string(w.kind)) + " " + std::to_string(w.object) + ": " +
         std::to_string(w.observed) + " of " + std::to_string(w.expected) + ", line " +
         std::to_string(w.source_line);
}

bool runs(const actor_activity& a) {
  return a.record.state == abi::actor_state::running;
}

/// Worst first: who has made the least progress, or waited longest.
void sort(std::vector<actor_activity>& actors, top_order order) {
  const auto worse = [order](const actor_activity& a, const actor_activity& b) {
    switch (order) {
      case top_order::rate:
        return a.steps_per_second.value_or(0) < b.steps_per_second.value_or(0);
      case top_order::wait:
        return a.wait_seconds > b.wait_seconds;
      case top_order::index:
        return a.index < b.index;
    }
    return false;
  };
  std::stable_sort(actors.begin(), actors.end(), worse);
}

std::string summary_of(const model::kernel& k, const model::kernel_snapshot& shot,
                       const model::kernel_activity& a) {
  const auto running =
      static_cast<std::size_t>(std::count_if(a.actors.begin(), a.actors.end(), runs));
  const auto count = [&a](bool (*is)(const abi::actor_record&)) {
    return std::count_if(a.actors.begin(), a.actors.end(),
                         [is](const auto& x) { return is(x.record); });
  };
  const auto waiting = count([](const abi::actor_record& r) { return model::is_waiting(r); });
  const auto idle = count([](const abi::actor_record& r) { return model::is_idle(r); });
  // A kernel that the session did not launch is known by its actors alone.
  const bool from_actors = shot.state == model::kernel_state::unknown;
  const std::string_view state = !from_actors   ? model::to_string(shot.state)
                                 : running != 0 ? "running"
                                                : "not running";
  std::string text = k.name + "  " + std::string(state) + "  " + render::count(a.steps) +
                     " steps  " + rate_text(a.steps_per_second) + "  " + std::to_string(running) +
                     "/" + std::to_string(k.actor_count) + " actors running, " +
                     std::to_string(waiting) + " waiting";
  if (idle != 0) text += ", " + std::to_string(idle) + " with nothing to do";
  if (running > static_cast<std::size_t>(idle))
    text += "  last safe point " + age_text(a.progress_age_seconds) + " ago";
  if (!shot.error.empty()) text += "  " + shot.error;
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

std::string_view to_string(top_order order) noexcept {
  switch (order) {
    case top_order::rate:
      return "rate";
    case top_order::wait:
      return "wait";
    case top_order::index:
      return "index";
  }
  return "unknown";
}

std::vector<top_kernel> top_kernels(const model::snapshot& shot,
                                    const std::vector<model::kernel_activity>& activity,
                                    top_order order, std::size_t max_actors) {
  using render::alignment;
  std::vector<top_kernel> kernels;
  for (std::size_t i = 0; i < activity.size(); ++i) {
    top_kernel shown;
    shown.summary = summary_of(shot.catalogue.kernels.at(i), shot.kernels.at(i), activity[i]);
    std::vector<actor_activity> actors = activity[i].actors;
    sort(actors, order);
    render::table table({{"ACTOR", alignment::right},
                         {"STATE"},
                         {"STEPS", alignment::right},
                         {"RATE", alignment::right},
                         {"LAST SAFE POINT", alignment::right},
                         {"WAITED", alignment::right},
                         {"SM", alignment::right},
                         {"WAITS FOR"}});
    for (std::size_t a = 0; a < std::min(actors.size(), max_actors); ++a) {
      const actor_activity& actor = actors[a];
      table.add_row({std::to_string(actor.index), std::string(model::to_string(actor.record.state)),
                     render::count(actor.record.progress), rate_text(actor.steps_per_second),
                     runs(actor) && !model::is_idle(actor.record)
                         ? age_text(actor.progress_age_seconds)
                         : "-",
                     actor.wait_seconds > 0 ? seconds_text(actor.wait_seconds) : "-",
                     std::to_string(actor.record.processor), wait_text(actor)});
    }
    shown.table = lines_of(table.render(render::plain()));
    if (actors.size() > max_actors) {
      shown.table.push_back("... " + render::count(actors.size() - max_actors) + " more actors");
    }
    kernels.push_back(std::move(shown));
  }
  return kernels;
}

namespace {

std::vector<std::string> barrier_lines(const std::vector<model::barrier_state>& barriers) {
  using render::alignment;
  render::table table({{"BARRIER"},
                       {"GENERATIONS", alignment::right},
                       {"ARRIVED", alignment::right},
                       {"MEMBERS", alignment::right},
                       {"LEFT", alignment::right},
                       {"TILES", alignment::right}});
  bool is_empty = true;
  for (const auto& b : barriers) {
    // Kernels that never meet have one too.
    if (b.generations == 0 && b.arrived == 0) continue;
    is_empty = false;
    table.add_row({b.name, render::count(b.generations),
                   std::to_string(b.arrived) + "/" + std::to_string(b.present),
                   std::to_string(b.members), std::to_string(b.members - b.present),
                   b.barriers == 1 ? "-" : std::to_string(b.barriers)});
  }
  return is_empty ? std::vector<std::string>{} : lines_of(table.render(render::plain()));
}

std::vector<std::string> mailbox_lines(const std::vector<model::mailbox_state>& boxes) {
  using render::alignment;
  render::table table({{"MAILBOX"},
                       {"SENT", alignment::right},
                       {"TAKEN", alignment::right},
                       {"LYING", alignment::right},
                       {"FULLEST WAY"},
                       {"HIGH WATER", alignment::right},
                       {"REJECTED", alignment::right},
                       {"QUEUED", alignment::right}});
  for (const auto& m : boxes) {
    const std::string from = m.is_post_office ? "" : std::to_string(m.fullest_from) + " ";
    const std::string fullest = m.fullest == 0 ? "-"
                                               : from + "to " + std::to_string(m.fullest_to) +
                                                     ": " + std::to_string(m.fullest);
    table.add_row({m.name, render::count(m.sent), render::count(m.taken),
                   render::count(m.under_way), fullest, std::to_string(m.high_water),
                   render::count(m.rejected), seconds_text(m.queueing_seconds)});
  }
  return boxes.empty() ? std::vector<std::string>{} : lines_of(table.render(render::plain()));
}

std::vector<std::string> queue_lines(const std::vector<model::queue_state>& queues) {
  using render::alignment;
  render::table table({{"COMMANDS"},
                       {"POSTED", alignment::right},
                       {"ACKNOWLEDGED", alignment::right},
                       {"REJECTED", alignment::right},
                       {"ROOM FOR", alignment::right}});
  for (const auto& q : queues) {
    table.add_row({q.name, render::count(q.posted), render::count(q.acknowledged),
                   render::count(q.rejected), std::to_string(q.depth)});
  }
  return queues.empty() ? std::vector<std::string>{} : lines_of(table.render(render::plain()));
}

}  // namespace

std::vector<std::vector<std::string>> top_objects(const model::snapshot& shot) {
  const model::object_states states = model::objects_of(shot);
  std::vector<std::vector<std::string>> tables{
      barrier_lines(states.barriers), mailbox_lines(states.mailboxes), queue_lines(states.queues)};
  std::erase_if(tables, [](const auto& table) { return table.empty(); });
  return tables;
}

std::string top_title(const model::target& t) {
  return t.name + ": " + t.program + " (process " + std::to_string(t.pid) + ") on " + t.backend +
         ", " + t.device;
}

}  // namespace rk::cli
