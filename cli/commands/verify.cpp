#include <algorithm>
#include <cstdio>

#include <rk/storage/checkpoint_file.hpp>

#include "command.hpp"
#include "render/number.hpp"
#include "render/text.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::string file;
  bool as_json = false;
};

int run(const options& o) {
  const storage::checkpoint_reader reader(o.file);
  reader.verify();
  exporters::checkpoint_entry entry;
  entry.path = o.file;
  entry.info = reader.info();
  entry.symbols = entry.info.catalogue.symbols;
  entry.stored_bytes = reader.stored_bytes();
  // What a file says of itself may be meant for a terminal.
  const auto shown = [](const std::string& text) { return render::printable(text); };
  if (o.as_json) {
    std::puts(exporters::to_text(exporters::checkpoint_document(entry)).c_str());
    return good;
  }
  const std::string base = entry.info.parent.empty() ? ""
                                                     : ", and so is what it builds on (" +
                                                           shown(entry.info.parent_file) + ")";
  const auto symbols = std::count_if(entry.symbols.begin(), entry.symbols.end(),
                                     [](const model::symbol& s) { return !model::is_record(s); });
  std::printf("%s: whole%s. Target %s, kernel %s, step %s, %td symbols, %s\n", o.file.c_str(),
              base.c_str(), shown(entry.info.catalogue.target.name).c_str(),
              shown(entry.info.kernel).c_str(), render::count(entry.info.step).c_str(), symbols,
              render::bytes(entry.stored_bytes).c_str());
  return good;
}

}  // namespace

void add_verify(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("verify", "Check a checkpoint file to its last byte");
  auto o = std::make_shared<options>();
  command->add_option("FILE", o->file, "Checkpoint")->required();
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->callback([&p, o] { p.run = [o] { return run(*o); }; });
}

}  // namespace rk::cli
