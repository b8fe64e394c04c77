#include <cstdio>
#include <filesystem>
#include <optional>

#include <rk/error.hpp>
#include <rk/storage/atomic_file.hpp>

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
  std::string base;
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

std::string text_of(const options& o, const exporters::checkpoint_entry& made,
                    const protocol::operation_reply& cut, std::uint64_t changed_bytes) {
  std::string text = o.output + ": kernel " + cut.kernel + " at step " + render::count(cut.step) +
                     ", " + std::to_string(made.symbols.size()) + " symbols, ";
  if (!o.base.empty()) text += render::bytes(changed_bytes) + " changed of ";
  text += render::bytes(cut.bytes) + ", paused for " +
          render::duration(std::chrono::nanoseconds(cut.pause_ns)) + "; it ";
  return text + (cut.at_rest ? "had ended" : o.then == "exit" ? "has left its loop" : "goes on");
}

int run(const program& p, const options& o) {
  target t = open_target(o.target, p.timeout);
  std::optional<storage::checkpoint_reader> base;
  if (!o.base.empty()) {
    base.emplace(o.base);
    static_cast<void>(base->match(t.catalogue));
    base->require_place(o.output);
  }
  // A file that cannot be written is found out before the kernel is asked for anything.
  storage::atomic_file file(o.output);
  const protocol::operation_reply cut =
      t.client().cut({.kernel = o.kernel,
                      .symbols = {},
                      .leave = o.then == "exit",
                      .base = base ? base->info().id : std::string()});
  t.catalogue = t.client().catalogue();
  exporters::checkpoint_entry made;
  made.path = o.output;
  made.symbols = symbols_of(t.catalogue, cut);
  made.pause_ns = cut.pause_ns;
  const saved done = save(t, file,
                          {made.symbols, cut, base ? &*base : nullptr,
                           std::filesystem::path(o.base).filename().string()});
  made.info = done.info;
  made.stored_bytes = done.bytes;
  t.client().release(cut);
  std::puts((o.as_json ? exporters::to_text(exporters::checkpoint_document(made))
                       : text_of(o, made, cut, done.state_bytes))
                .c_str());
  return good;
}

}  // namespace

void add_checkpoint(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("checkpoint", "Save state to resume from, without a stop");
  auto o = std::make_shared<options>();
  command->add_option("TARGET", o->target, target_help);
  command->add_option("-o,--output", o->output, "File to write (safetensors)")->required();
  command->add_option("--kernel", o->kernel, "Kernel at whose safe point; may be left out");
  command->add_option("--base", o->base,
                      "Checkpoint before: only what has changed since is written");
  command->add_option("--then", o->then, "What the kernel does afterwards")
      ->check(CLI::IsMember({"continue", "exit"}))
      ->capture_default_str();
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
