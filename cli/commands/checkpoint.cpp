#include <cstdio>

#include <rk/error.hpp>

#include "command.hpp"
#include "render/number.hpp"
#include "save.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::string target;
  std::string output;
  std::string kernel;
  std::string then = "continue";
  bool as_json = false;
};

std::vector<model::symbol> symbols_of(const model::catalogue& c,
                                      const protocol::operation_reply& cut) {
  std::vector<model::symbol> symbols;
  for (const model::symbol_id id : cut.symbols) {
    const model::symbol* s = c.find(id);
    if (s == nullptr) throw rk::incompatible("the target cut a symbol that it does not list");
    symbols.push_back(*s);
  }
  return symbols;
}

int run(const program& p, const options& o) {
  target t = open_target(o.target, p.timeout);
  const protocol::operation_reply cut =
      t.client().cut({.kernel = o.kernel, .symbols = {}, .leave = o.then == "exit"});
  t.catalogue = t.client().catalogue();
  exporters::checkpoint_entry made;
  made.path = o.output;
  made.symbols = symbols_of(t.catalogue, cut);
  made.pause_ns = cut.pause_ns;
  made.info = save(t, o.output, made.symbols, cut);
  t.client().release(cut);
  if (o.as_json) {
    std::puts(exporters::to_text(exporters::checkpoint_document(made)).c_str());
    return good;
  }
  std::printf("%s: kernel %s at step %s, %zu symbols, %s, paused for %s; it %s\n", o.output.c_str(),
              cut.kernel.c_str(), render::count(cut.step).c_str(), made.symbols.size(),
              render::bytes(cut.bytes).c_str(),
              render::duration(std::chrono::nanoseconds(cut.pause_ns)).c_str(),
              cut.at_rest        ? "had ended"
              : o.then == "exit" ? "has left its loop"
                                 : "goes on");
  return good;
}

}  // namespace

void add_checkpoint(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("checkpoint", "Save state to resume from, without a stop");
  auto o = std::make_shared<options>();
  command->add_option("TARGET", o->target, target_help);
  command->add_option("-o,--output", o->output, "File to write (safetensors)")->required();
  command->add_option("--kernel", o->kernel, "Kernel at whose safe point; may be left out");
  command->add_option("--then", o->then, "What the kernel does afterwards")
      ->check(CLI::IsMember({"continue", "exit"}))
      ->capture_default_str();
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
