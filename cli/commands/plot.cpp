#include <cstdio>

#include <rk/error.hpp>

#include "command.hpp"
#include "render/heat_map.hpp"
#include "render/line_plot.hpp"
#include "render/png.hpp"
#include "target.hpp"
#include "values.hpp"

namespace rk::cli {
namespace {

struct options {
  std::vector<std::string> words;
  std::string output;
  std::optional<double> low;
  std::optional<double> high;
  bool as_json = false;
};

/// A field of three dimensions or more is cut in the middle of all but its last two.
std::string cut_to_plane(const model::catalogue& c, const std::string& expression) {
  const auto shape = model::resolve(c, expression).shape();
  const bool has_slice = expression.ends_with(']');
  if (shape.size() <= 2 || has_slice) return expression;
  std::string cut = expression + "[";
  for (std::size_t d = 0; d + 2 < shape.size(); ++d) cut += std::to_string(shape[d] / 2) + ",";
  return cut + ":,:]";
}

void draw(const exporters::reading& r, const std::vector<double>& values, const options& o) {
  const auto& shape = r.value.shape;
  const auto where = render::detect(STDOUT_FILENO);
  if (shape.size() == 2) {
    render::heat_map_options h;
    h.title = r.what.expression;
    h.range = {o.low, o.high, std::nullopt};
    if (o.output.empty()) {
      std::fputs(render::heat_map(values, shape[0], shape[1], where, h).c_str(), stdout);
    } else {
      render::write_heat_map_png(o.output, values, shape[0], shape[1], h);
    }
    return;
  }
  render::line_plot_options l;
  l.title = r.what.expression;
  l.low = o.low;
  l.high = o.high;
  if (o.output.empty()) {
    std::fputs(render::line_plot(values, where, l).c_str(), stdout);
  } else {
    render::write_line_plot_png(o.output, values, l);
  }
}

int run(const program& p, options o) {
  const target_and_rest words = split_target(std::move(o.words));
  target t = open_target(words.target, p.timeout);
  const exporters::reading r = t.read(cut_to_plane(t.catalogue, words.rest.front()));
  if (o.as_json) {
    std::puts(exporters::to_text(exporters::read_document(t.catalogue, r), -1).c_str());
    return good;
  }
  if (r.value.shape.empty() || r.value.shape.size() > 2) {
    throw invalid_argument(r.what.expression + " has " + std::to_string(r.value.shape.size()) +
                           " dimensions; a plot takes one or two: choose a slice, or read it");
  }
  draw(r, to_numbers(t.catalogue, r), o);
  if (!o.output.empty()) std::printf("%s: %s\n", o.output.c_str(), r.what.expression.c_str());
  return good;
}

}  // namespace

void add_plot(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("plot", "Draw a line or a field, in the terminal or as PNG");
  auto o = std::make_shared<options>();
  command
      ->add_option("[TARGET] SYMBOL", o->words, "What to draw: energy_by_block, pressure[12,:,:]")
      ->required()
      ->expected(1, 2);
  command->add_option("-o,--output", o->output, "Write this PNG file");
  command->add_option("--low", o->low, "Fix the lower end of the range");
  command->add_option("--high", o->high, "Fix the upper end of the range");
  command->add_flag("--json", o->as_json, "Print the values as a JSON document");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
