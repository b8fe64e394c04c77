#include <cstdio>
#include <limits>

#include <unistd.h>

#include <rk/error.hpp>

#include "command.hpp"
#include "commands/top_screen.hpp"
#include "commands/top_table.hpp"
#include "duration.hpp"
#include "interval.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::string target;
  std::string by = "wait";
  std::string every = "500ms";
  bool once = false;
  bool as_json = false;
};

/// Rates need two looks; a look that is made once takes them this far apart.
constexpr std::chrono::milliseconds once_gap{200};

top_order parse_order(const std::string& text) {
  for (const auto order : {top_order::rate, top_order::wait, top_order::index}) {
    if (text == to_string(order)) return order;
  }
  throw invalid_argument("--by " + text + ": choose rate, wait or index");
}

int show_once(target& t, const options& o) {
  const model::snapshot before = t.snapshot();
  interval gap(once_gap);
  gap.wait_for_next();
  const model::snapshot now = t.snapshot();
  const auto activity = model::activity_of(now, &before);
  if (o.as_json) {
    std::puts(exporters::to_text(exporters::actors_document(now, activity)).c_str());
    return good;
  }
  std::puts(top_title(now.catalogue.target).c_str());
  if (activity.empty()) std::puts("No kernel has been launched yet.");
  for (const auto& kernel :
       top_kernels(now, activity, parse_order(o.by), std::numeric_limits<std::size_t>::max())) {
    std::printf("\n%s\n", kernel.summary.c_str());
    for (const auto& line : kernel.table) std::puts(line.c_str());
  }
  for (const auto& table : top_objects(now)) {
    std::puts("");
    for (const auto& line : table) std::puts(line.c_str());
  }
  return good;
}

/// What the screen shows: title, then each kernel, actors cut to the height, then what they meet
/// at.
std::vector<screen::line> layout(const model::snapshot& now,
                                 const std::vector<model::kernel_activity>& activity,
                                 top_order order, int rows) {
  std::vector<screen::line> lines;
  lines.push_back({top_title(now.catalogue.target), screen::weight::bold});
  lines.push_back({"sorted by " + std::string(to_string(order)) +
                   "   r rate  w wait  i index  space pause  q quit"});
  if (activity.empty()) lines.push_back({"No kernel has been launched yet."});
  const auto objects = top_objects(now);
  std::size_t object_rows = 0;
  for (const auto& table : objects) object_rows += table.size() + 1;
  const std::size_t kernels = std::max<std::size_t>(1, activity.size());
  const auto all_rows = static_cast<std::size_t>(std::max(0, rows - 2));
  const std::size_t room = (all_rows - std::min(all_rows, object_rows)) / kernels;
  const std::size_t max_actors = room > 5 ? room - 4 : 1;
  for (const auto& kernel : top_kernels(now, activity, order, max_actors)) {
    lines.push_back({""});
    lines.push_back({kernel.summary, screen::weight::bold});
    for (std::size_t i = 0; i < kernel.table.size(); ++i) {
      lines.push_back({kernel.table[i], i == 0 ? screen::weight::reverse : screen::weight::normal});
    }
  }
  for (const auto& table : objects) {
    lines.push_back({""});
    for (std::size_t i = 0; i < table.size(); ++i) {
      lines.push_back({table[i], i == 0 ? screen::weight::reverse : screen::weight::normal});
    }
  }
  return lines;
}

int show_live(target& t, const options& o) {
  top_order order = parse_order(o.by);
  const auto period =
      std::chrono::duration_cast<std::chrono::milliseconds>(parse_duration(o.every));
  model::snapshot before = t.snapshot();
  screen terminal;
  bool paused = false;
  int wait_ms = 100;
  for (;;) {
    switch (terminal.key(wait_ms)) {
      case 'q':
        return good;
      case 'r':
        order = top_order::rate;
        break;
      case 'w':
        order = top_order::wait;
        break;
      case 'i':
        order = top_order::index;
        break;
      case ' ':
        paused = !paused;
        break;
      default:
        break;
    }
    wait_ms = static_cast<int>(std::clamp<std::int64_t>(period.count(), 20, 60'000));
    if (paused) continue;
    model::snapshot now = t.snapshot();
    terminal.show(layout(now, model::activity_of(now, &before), order, terminal.rows()));
    before = std::move(now);
  }
}

int run(const program& p, const options& o) {
  target t = open_target(o.target, p.timeout);
  return o.once || o.as_json ? show_once(t, o) : show_live(t, o);
}

}  // namespace

void add_top(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("top", "Show what every actor does");
  auto o = std::make_shared<options>();
  command->add_option("TARGET", o->target, target_help);
  command->add_option("--by", o->by, "Sort by rate, wait or index")
      ->check(CLI::IsMember({"rate", "wait", "index"}))
      ->capture_default_str();
  command->add_option("--every", o->every, "Time between two looks")->capture_default_str();
  command->add_flag("--once", o->once, "Print one table and end");
  command->add_flag("--json", o->as_json, "Print one JSON document and end");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
