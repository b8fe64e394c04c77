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
  const auto waiting = std::count_if(a.actors.begin(), a.actors.end(), [](const auto& x) {
    return runs(x) && x.record.wait.kind != abi::wait_kind::none;
  });
  // A kernel that the session did not launch is known by its actors alone.
  const bool from_actors = shot.state == model::kernel_state::unknown;
  const std::string_view state = !from_actors   ? model::to_string(shot.state)
                                 : running != 0 ? "running"
                                                : "not running";
  std::string text = k.name + "  " + std::string(state) + "  " + render::count(a.steps) +
                     " steps  " + rate_text(a.steps_per_second) + "  " + std::to_string(running) +
                     "/" + std::to_string(k.actor_count) + " actors running, " +
                     std::to_string(waiting) + " waiting";
  if (running != 0) text += "  last safe point " + age_text(a.progress_age_seconds) + " ago";
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
                     runs(actor) ? age_text(actor.progress_age_seconds) : "-",
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

std::string top_title(const model::target& t) {
  return t.name + ": " + t.program + " (process " + std::to_string(t.pid) + ") on " + t.backend +
         ", " + t.device;
}

}  // namespace rk::cli
