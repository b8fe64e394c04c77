#include <cctype>
#include <cstdio>

#include <rk/error.hpp>
#include <rk/model/value.hpp>

#include "command.hpp"
#include "render/number.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::vector<std::string> words;
  std::string kernel;
  bool as_json = false;
};

int run(const program& p, options o) {
  const std::string value = o.words.back();
  o.words.pop_back();
  const std::string expression = o.words.back();
  o.words.pop_back();
  target t = open_target(o.words.empty() ? "" : o.words.front(), p.timeout);
  const model::selection where = model::resolve(t.catalogue, expression);
  const model::type& type = t.catalogue.types[where.type];
  const std::vector<std::byte> element = model::encode_scalar(type, value);

  protocol::stage_request wanted{o.kernel, {}, expression.substr(0, model::max_name_bytes)};
  std::uint64_t bytes = 0;
  for (const auto& r : model::exact_ranges(where, type.size, protocol::max_read_ranges)) {
    wanted.ranges.push_back({where.symbol, r.offset, r.bytes});
    bytes += r.bytes;
  }
  if (bytes == 0) throw rk::invalid_argument(expression + " has no elements");
  std::uint64_t filled = 0;
  const auto done = t.client().load(wanted, bytes, [&](std::span<std::byte> to) {
    for (std::byte& b : to) b = element[filled++ % element.size()];
  });
  if (o.as_json) {
    const exporters::change_entry change{t.catalogue.target.name, done.kernel, done.step, bytes};
    std::puts(exporters::to_text(exporters::set_document(change, expression, value)).c_str());
    return good;
  }
  std::printf("%s: %s = %s from step %s on, %s %s\n", t.catalogue.target.name.c_str(),
              expression.c_str(), value.c_str(), render::count(done.step).c_str(),
              render::count(bytes / type.size).c_str(),
              bytes == type.size ? "element" : "elements");
  return good;
}

}  // namespace

void add_set(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("set", "Give a symbol a value at the next safe point");
  auto o = std::make_shared<options>();
  command
      ->add_option("[TARGET] SYMBOL VALUE", o->words,
                   "What to change: source_period, cells[3].p, pressure[12,:,:]; all of it takes "
                   "the value")
      ->required()
      ->expected(1, 3);
  command->add_option("--kernel", o->kernel, "Kernel at whose safe point; may be left out");
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->allow_extras();  // among them numbers below zero, which look like flags
  command->callback([&p, o, command] {
    for (const std::string& word : command->remaining()) {
      const bool is_number = word.size() > 1 && word[0] == '-' &&
                             (std::isdigit(static_cast<unsigned char>(word[1])) != 0 ||
                              word[1] == '.' || word == "-inf" || word == "-nan");
      if (!is_number || o->words.size() == 3) throw CLI::ExtrasError({word});
      o->words.push_back(word);
    }
    if (o->words.size() < 2) throw CLI::RequiredError("SYMBOL VALUE");
    p.run = [&p, o] { return run(p, *o); };
  });
}

}  // namespace rk::cli
