#include <cstdio>

#include <rk/error.hpp>

#include "command.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::string target;
  std::string kernel;
  bool abort = false;
  bool as_json = false;
};

int run(const program& p, const options& o) {
  const protocol::session_entry session = find_session(o.target);
  auto client = protocol::client::connect(session.socket, p.timeout);
  client.stop(o.kernel, o.abort);
  if (o.as_json) {
    std::puts(
        exporters::to_text(exporters::stop_document(session.name, o.kernel, o.abort)).c_str());
    return good;
  }
  std::printf("%s: asked %s to %s\n", session.name.c_str(),
              o.kernel.empty() ? "all kernels" : ("kernel " + o.kernel).c_str(),
              o.abort ? "give up every wait and end" : "end at the next safe point");
  return good;
}

}  // namespace

void add_stop(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("stop", "Ask kernels to end at their next safe point");
  auto o = std::make_shared<options>();
  command->add_option("TARGET", o->target, target_help);
  command->add_option("--kernel", o->kernel, "Only this kernel");
  command->add_flag("--abort", o->abort, "Break waits too; for a kernel that hangs");
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
