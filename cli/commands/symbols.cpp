#include <cstdio>

#include "command.hpp"
#include "render/number.hpp"
#include "render/table.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::string target;
  bool as_json = false;
  bool all = false;
};

std::string type_text(const model::catalogue& c, const model::symbol& s) {
  std::string text = model::short_name(c.types[s.type]);
  if (s.shape.empty()) return text;
  text += "[";
  for (std::size_t i = 0; i < s.shape.size(); ++i)
    text += (i == 0 ? "" : ",") + std::to_string(s.shape[i]);
  return text + "]";
}

std::string source_text(const model::symbol& s) {
  if (s.source.file.empty()) return "-";
  return s.source.file + ":" + std::to_string(s.source.line);
}

int run(const program& p, const options& o) {
  const target t = open_target(o.target, p.timeout);
  if (o.as_json) {
    std::puts(exporters::to_text(exporters::symbols_document(t.catalogue)).c_str());
    return good;
  }
  render::table table({{"NAME"},
                       {"TYPE"},
                       {"BYTES", render::alignment::right},
                       {"LIVES IN"},
                       {"CHECKPOINT"},
                       {"SOURCE"}});
  std::string notes;
  std::size_t shown = 0;
  for (const auto& s : t.catalogue.symbols) {
    if (s.runtime && !o.all) continue;
    ++shown;
    table.add_row({s.name, type_text(t.catalogue, s), render::bytes(s.bytes),
                   s.where ? "segment" : "program", s.checkpoint ? "yes" : "no", source_text(s)});
    if (!s.note.empty()) notes += s.name + ": " + s.note + "\n";
  }
  if (shown == 0) {
    std::printf(
        "%s has no symbols: mark variables with __debuggable__, or allocate them through the "
        "session.\n",
        t.catalogue.target.name.c_str());
    return good;
  }
  std::fputs(table.render(render::detect(STDOUT_FILENO)).c_str(), stdout);
  std::fputs(notes.c_str(), stdout);
  return good;
}

}  // namespace

void add_symbols(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("symbols", "List a target's symbols");
  auto o = std::make_shared<options>();
  command->add_option("TARGET", o->target, target_help);
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->add_flag("--all", o->all, "List rk-inspect's own symbols too");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
