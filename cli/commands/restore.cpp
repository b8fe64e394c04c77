#include <cstdio>

#include <rk/storage/checkpoint_file.hpp>

#include "command.hpp"
#include "render/number.hpp"
#include "render/progress.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::vector<std::string> words;
  std::string kernel;
  bool as_json = false;
};

int run(const program& p, options o) {
  const std::string path = o.words.back();
  o.words.pop_back();
  // The file first, to its last byte: a target is not touched for one that is damaged.
  const storage::checkpoint_reader reader(path);
  reader.verify();
  target t = open_target(o.words.empty() ? "" : o.words.front(), p.timeout);
  const auto pairs = reader.match(t.catalogue);
  protocol::stage_request wanted{o.kernel, {}, "checkpoint " + reader.info().id};
  std::uint64_t bytes = 0;
  for (const auto& pair : pairs) {
    wanted.ranges.push_back({pair.to.id, 0, pair.to.bytes});
    bytes += pair.to.bytes;
  }
  render::progress_bar bar("restore", bytes);
  std::size_t current = 0;
  std::uint64_t at = 0;
  const auto done = t.client().load(wanted, bytes, [&](std::span<std::byte> to) {
    while (!to.empty()) {
      const model::symbol& from = pairs[current].from;
      const auto part = to.first(std::min<std::uint64_t>(to.size(), from.bytes - at));
      reader.read(from, at, part);
      bar.add(part.size());
      at += part.size();
      to = to.subspan(part.size());
      if (at == from.bytes) {
        ++current;
        at = 0;
      }
    }
  });
  if (o.as_json) {
    const exporters::change_entry change{t.catalogue.target.name, done.kernel, done.step, bytes};
    std::puts(exporters::to_text(exporters::restore_document(change, path, reader.info())).c_str());
    return good;
  }
  std::printf("%s: kernel %s took the state of step %s at its step %s, %zu symbols, %s\n",
              t.catalogue.target.name.c_str(), done.kernel.c_str(),
              render::count(reader.info().step).c_str(), render::count(done.step).c_str(),
              pairs.size(), render::bytes(bytes).c_str());
  return good;
}

}  // namespace

void add_restore(CLI::App& app, program& p) {
  auto* command =
      app.add_subcommand("restore", "Load a checkpoint into a running kernel at its safe point");
  auto o = std::make_shared<options>();
  command->add_option("[TARGET] FILE", o->words, "Target, and checkpoint")
      ->required()
      ->expected(1, 2);
  command->add_option("--kernel", o->kernel, "Kernel at whose safe point; may be left out");
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
