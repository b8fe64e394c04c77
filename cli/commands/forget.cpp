#include <algorithm>
#include <cstdio>

#include <rk/error.hpp>

#include "command.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::string target;
  bool all = false;
  bool as_json = false;
};

int run(const options& o) {
  const storage::graveyard dead(storage::graveyard::default_folder(protocol::runtime_directory()));
  std::vector<std::string> forgotten;
  for (const storage::grave& g : dead.list()) {
    const std::string full = g.name + "." + std::to_string(g.pid);
    if (!o.all && g.name != o.target && full != o.target && std::to_string(g.pid) != o.target) {
      continue;
    }
    dead.forget(g);
    forgotten.push_back(full);
  }
  if (forgotten.empty() && !o.all) throw rk::not_found("no dead target '" + o.target + "'");
  if (o.as_json) {
    std::puts(exporters::to_text(exporters::forget_document(forgotten)).c_str());
    return good;
  }
  for (const std::string& name : forgotten) std::printf("%s: forgotten\n", name.c_str());
  return good;
}

}  // namespace

void add_forget(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("forget", "Remove the last state of dead targets");
  auto o = std::make_shared<options>();
  auto* target = command->add_option("TARGET", o->target, "Name, pid or NAME.PID of a dead target");
  command->add_flag("--all", o->all, "All of them")->excludes(target);
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->callback([&p, o] {
    if (!o->all && o->target.empty()) throw CLI::RequiredError("TARGET or --all");
    p.run = [o] { return run(*o); };
  });
}

}  // namespace rk::cli
