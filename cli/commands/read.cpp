#include <cstdio>
#include <limits>

#include <rk/error.hpp>
#include <rk/exporters/csv.hpp>
#include <rk/exporters/npy.hpp>

#include "command.hpp"
#include "target.hpp"
#include "values.hpp"

namespace rk::cli {
namespace {

struct options {
  std::vector<std::string> words;
  bool as_json = false;
  bool as_csv = false;
  std::string npy;
  consistency wanted = consistency::live;
};

int run(const program& p, options o) {
  const target_and_rest words = split_target(std::move(o.words));
  target t = open_target(words.target, p.timeout);
  const bool only_npy = !o.npy.empty() && !o.as_json && !o.as_csv;
  const exporters::reading r =
      t.read(words.rest.front(),
             only_npy ? std::numeric_limits<std::uint64_t>::max() : max_shown_bytes, o.wanted);
  if (!o.npy.empty()) {
    exporters::write_npy(o.npy, exporters::numpy_descr(t.catalogue.types, r.value.type),
                         r.value.shape, r.value.bytes);
  }
  if (o.as_json) {
    std::puts(exporters::to_text(exporters::read_document(t.catalogue, r), -1).c_str());
  } else if (o.as_csv) {
    std::fputs(exporters::to_csv(t.catalogue.types, r.value).c_str(), stdout);
  } else if (o.npy.empty()) {
    std::fputs(describe(t.catalogue, r, render::detect(STDOUT_FILENO)).c_str(), stdout);
  }
  return good;
}

}  // namespace

void add_read(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("read", "Read a symbol while the kernel runs");
  auto o = std::make_shared<options>();
  command
      ->add_option("[TARGET] SYMBOL", o->words,
                   "What to read: pressure, pressure[12,:,:], cells[3].p")
      ->required()
      ->expected(1, 2);
  command
      ->add_option("--consistency", o->wanted,
                   "live: now, 8-byte words whole; versioned: the symbol not torn; cut: all of one "
                   "step")
      ->transform(CLI::CheckedTransformer(consistency_names).description("{live,versioned,cut}"))
      ->option_text("LEVEL");
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->add_flag("--csv", o->as_csv, "Print comma-separated values")->excludes("--json");
  command->add_option("--npy", o->npy, "Write a NumPy file");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
