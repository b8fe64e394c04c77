#include <cstdio>

#include <rk/error.hpp>
#include <rk/exporters/file.hpp>

#include "command.hpp"
#include "render/number.hpp"
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
  d.value = t.client.read(t.catalogue, whole);
  return d;
}

int run(const program& p, const options& o) {
  target t = open_target(o.target, p.timeout);
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
  exporters::write_file(o.output, text);
  if (o.as_json) return good;
  std::printf("%s: %zu symbols, %zu kernels, %s", o.output.c_str(), symbols.size(),
              shot.kernels.size(), render::bytes(text.size()).c_str());
  if (omitted != 0) std::printf("; %zu too large and left out (--max-bytes)", omitted);
  std::puts("");
  return good;
}

}  // namespace

void add_dump(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("dump", "Write all state to a JSON file");
  auto o = std::make_shared<options>();
  command->add_option("TARGET", o->target, target_help);
  command->add_option("-o,--output", o->output, "File to write; standard output if left out");
  command->add_option("--max-bytes", o->max_bytes, "Leave out symbols larger than this")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--json", o->as_json, "Print nothing beside the document");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
