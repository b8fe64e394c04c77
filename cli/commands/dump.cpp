#include <cstdio>

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
  std::uint64_t max_bytes = 16u << 20;
  bool as_json = false;
};

exporters::dumped_symbol dump_symbol(target& t, const model::symbol& s, std::uint64_t max_bytes) {
  exporters::dumped_symbol d;
  d.id = s.id;
  if (s.bytes > max_bytes) {
    d.omitted = render::bytes(s.bytes) + " is more than --max-bytes " + std::to_string(max_bytes);
    return d;
  }
  model::selection whole;
  try {
    whole = model::resolve(t.catalogue, s.name);
  } catch (const rk::error& e) {
    d.omitted = e.what();
    return d;
  }
  d.value = t.read(whole);
  return d;
}

/// Everything in one file that opens again as a target: arrays as safetensors, the rest beside
/// them.
int dump_bundle(target& t, const options& o) {
  std::vector<model::symbol> symbols;
  std::uint64_t bytes = 0;
  for (const auto& s : t.catalogue.symbols) {
    if (s.runtime) continue;
    symbols.push_back(s);
    bytes += s.bytes;
  }
  storage::atomic_file file(o.output);
  static_cast<void>(save(t, file, {.symbols = symbols, .cut = {}}));
  std::printf("%s: %zu symbols, %s; opens as a target, or with any reader of safetensors\n",
              o.output.c_str(), symbols.size(), render::bytes(bytes).c_str());
  return good;
}

int run(const program& p, const options& o) {
  target t = open_target(o.target, p.timeout);
  if (!o.as_json && o.output.ends_with(".safetensors")) return dump_bundle(t, o);
  const model::snapshot shot = t.snapshot();
  std::vector<exporters::dumped_symbol> symbols;
  std::size_t omitted = 0;
  for (const auto& s : t.catalogue.symbols) {
    if (s.runtime) continue;
    symbols.push_back(dump_symbol(t, s, o.max_bytes));
    omitted += symbols.back().value ? 0U : 1U;
  }
  const std::string text = exporters::to_text(exporters::dump_document(shot, symbols), -1) + "\n";
  if (o.output.empty() || o.output == "-") {
    std::fputs(text.c_str(), stdout);
    return good;
  }
  storage::write_file(o.output, text);
  if (o.as_json) return good;
  std::printf("%s: %zu symbols, %zu %s, %s", o.output.c_str(), symbols.size(), shot.kernels.size(),
              shot.kernels.size() == 1 ? "kernel" : "kernels", render::bytes(text.size()).c_str());
  if (omitted != 0) std::printf("; %zu too large and left out (--max-bytes)", omitted);
  std::puts("");
  return good;
}

}  // namespace

void add_dump(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("dump", "Write all state to a file");
  auto o = std::make_shared<options>();
  command->add_option("TARGET", o->target, target_help);
  command->add_option(
      "-o,--output", o->output,
      "File to write: F.safetensors opens again as a target, all else is JSON; standard output "
      "if left out");
  command->add_option("--max-bytes", o->max_bytes, "Leave out symbols larger than this")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--json", o->as_json, "Print nothing beside the document");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
