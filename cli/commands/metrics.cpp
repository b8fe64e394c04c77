#include <cstdio>

#include <rk/exporters/metrics.hpp>

#include "command.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::string target;
  bool as_json = false;
};

int run(const program& p, const options& o) {
  target t = open_target(o.target, p.timeout);
  exporters::target_sample sample;
  sample.target = t.catalogue.target.name;
  sample.up = true;
  sample.last = t.snapshot();
  sample.activity = model::activity_of(*sample.last);
  const auto families =
      exporters::metric_families({sample}, std::nullopt, exporters::own_hostname());
  if (o.as_json) {
    std::puts(exporters::to_text(exporters::metrics_document(families)).c_str());
  } else {
    std::fputs(exporters::metrics_text(families).c_str(), stdout);
  }
  return good;
}

}  // namespace

void add_metrics(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("metrics", "Print one Prometheus scrape");
  auto o = std::make_shared<options>();
  command->add_option("TARGET", o->target, target_help);
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
