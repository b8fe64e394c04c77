#include <chrono>
#include <cstdio>

#include <unistd.h>

#include <rk/clock.hpp>

#include "command.hpp"
#include "render/number.hpp"
#include "render/table.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::string target;
  bool as_json = false;
};

std::string table_of(const std::vector<model::change>& changes) {
  using render::alignment;
  render::table table({{"AGE", alignment::right},
                       {"STEP", alignment::right},
                       {"WHAT"},
                       {"BEFORE", alignment::right},
                       {"AFTER", alignment::right},
                       {"BYTES", alignment::right},
                       {"BY"}});
  const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
  for (const model::change& c : changes) {
    const std::chrono::nanoseconds age(unix_ns() - c.unix_ns);
    table.add_row({render::duration(age), render::count(c.step), c.what, or_dash(c.before),
                   or_dash(c.after), render::count(c.bytes),
                   c.program + " (process " + std::to_string(c.pid) + ", user " +
                       std::to_string(c.user) + ")"});
  }
  return table.render(render::detect(STDOUT_FILENO));
}

int run(const program& p, const options& o) {
  const target t = open_target(o.target, p.timeout);
  if (o.as_json) {
    std::puts(exporters::to_text(exporters::changes_document(t.catalogue)).c_str());
    return good;
  }
  if (t.catalogue.changes.empty()) {
    std::printf("%s: nobody has changed anything\n", t.catalogue.target.name.c_str());
    return good;
  }
  std::fputs(table_of(t.catalogue.changes).c_str(), stdout);
  return good;
}

}  // namespace

void add_changes(CLI::App& app, program& p) {
  auto* command =
      app.add_subcommand("changes", "Who changed what while the target ran (set, restore)");
  auto o = std::make_shared<options>();
  command->add_option("TARGET", o->target, target_help);
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
