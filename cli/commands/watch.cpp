#include <cmath>
#include <cstdio>
#include <thread>

#include <muParser.h>

#include <rk/error.hpp>

#include "command.hpp"
#include "duration.hpp"
#include "interval.hpp"
#include "render/number.hpp"
#include "target.hpp"
#include "values.hpp"

namespace rk::cli {
namespace {

struct options {
  std::vector<std::string> words;
  std::string every = "500ms";
  std::string length;
  std::string until;
  std::uint64_t count = 0;
  bool as_json = false;
};

/// A condition over the watched values: the first is `value`, all are `v1`, `v2`, ..., and those
/// whose expression is an identifier have its name.
class condition {
 public:
  condition(const std::string& text, const std::vector<std::string>& expressions)
      : values_(expressions.size()) {
    if (text.empty()) return;
    parser_.emplace();
    try {
      for (std::size_t i = 0; i < expressions.size(); ++i) {
        parser_->DefineVar("v" + std::to_string(i + 1), &values_[i]);
        if (is_identifier(expressions[i])) parser_->DefineVar(expressions[i], &values_[i]);
      }
      parser_->DefineVar("value", &values_.front());
      parser_->SetExpr(text);
      parser_->Eval();
    } catch (const mu::Parser::exception_type& e) {
      throw invalid_argument("--until '" + text + "': " + e.GetMsg());
    }
  }

  void set(std::size_t index, double value) { values_[index] = value; }
  [[nodiscard]] bool holds() const { return parser_ && parser_->Eval() != 0; }
  [[nodiscard]] bool exists() const noexcept { return parser_.has_value(); }

 private:
  static bool is_identifier(const std::string& text) {
    return text.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               std::string::npos &&
           text.find_first_of("0123456789") != 0;
  }

  std::vector<double> values_;
  std::optional<mu::Parser> parser_;
};

double first_number(const model::catalogue& c, const exporters::reading& r) {
  const model::type& t = c.types[r.value.type];
  return r.value.shape.empty() && model::is_scalar(t) ? model::to_double(t, r.value.bytes)
                                                      : std::nan("");
}

std::string change_text(double now, double before, double seconds) {
  if (std::isnan(now) || std::isnan(before) || seconds <= 0 || now == before) return "";
  const double per_second = (now - before) / seconds;
  return std::string("  (") + (per_second < 0 ? "-" : "+") + render::rate(std::abs(per_second)) +
         ")";
}

int run(const program& p, options o) {
  const target_and_rest words = split_target(std::move(o.words));
  const std::vector<std::string>& expressions = words.rest;
  condition until(o.until, expressions);
  interval ticks(parse_duration(o.every));
  const auto length = o.length.empty() ? std::chrono::nanoseconds::max() : parse_duration(o.length);
  target t = open_target(words.target, p.timeout);

  std::vector<double> before(expressions.size(), std::nan(""));
  double last_seconds = 0;
  for (std::uint64_t sample = 0;; ++sample) {
    const double seconds = ticks.elapsed_seconds();
    for (std::size_t i = 0; i < expressions.size(); ++i) {
      const exporters::reading r = t.read(expressions[i]);
      const double number = first_number(t.catalogue, r);
      until.set(i, number);
      if (o.as_json) {
        std::puts(exporters::to_text(exporters::read_document(t.catalogue, r), -1).c_str());
      } else {
        std::printf("%+9.3f s  %s  %s%s\n", seconds, expressions[i].c_str(),
                    summarise(t.catalogue, r).c_str(),
                    change_text(number, before[i], seconds - last_seconds).c_str());
      }
      before[i] = number;
    }
    last_seconds = seconds;
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw error("cannot write to standard output");
    if (until.holds()) return good;
    if (o.count != 0 && sample + 1 >= o.count) break;
    if (!ticks.wait_for_next(length)) break;
  }
  // A condition that never held is a failed check, so that scripts can wait for one.
  if (!until.exists()) return good;
  std::fprintf(stderr, "rk-inspect: '%s' did not hold in time\n", o.until.c_str());
  return failed;
}

}  // namespace

void add_watch(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("watch", "Read symbols again and again");
  auto o = std::make_shared<options>();
  command->add_option("[TARGET] SYMBOL", o->words, "What to watch")->required()->expected(1, 64);
  command->add_option("--every", o->every, "Time between two samples")->capture_default_str();
  command->add_option("--for", o->length, "Stop after this time");
  command->add_option("--count", o->count, "Stop after this many samples")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--until", o->until,
                      "Stop when this holds: 'step_counter > 1000', 'value < 0.1', 'v2 > v1'");
  command->add_flag("--json", o->as_json, "Print a JSON document a line");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
