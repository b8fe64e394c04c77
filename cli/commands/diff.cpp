#include <algorithm>
#include <cstdio>

#include <rk/error.hpp>

#include "command.hpp"
#include "render/number.hpp"
#include "render/table.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::string before;
  std::string after;
  bool as_json = false;
};

/// Memory for one piece of each side.
constexpr std::uint64_t piece_bytes = 4u << 20;

bool is_comparable(const model::catalogue& a, const model::symbol& s, const model::catalogue& b,
                   const model::symbol& other) {
  const model::type& t = a.types[s.type];
  const model::type& u = b.types[other.type];
  return s.shape == other.shape && t.size == u.size && t.how == u.how && t.size != 0;
}

model::difference compare(target& before, const model::symbol& s, target& after,
                          const model::symbol& other) {
  const model::type& type = before.catalogue.types[s.type];
  model::difference_counter counter(type);
  const std::uint64_t step = std::max<std::uint64_t>(1, piece_bytes / type.size) * type.size;
  for (std::uint64_t at = 0; at < s.bytes; at += step) {
    const std::uint64_t part = std::min(step, s.bytes - at);
    counter.add(before.read_bytes(s, at, part), after.read_bytes(other, at, part));
  }
  return counter.result();
}

const model::symbol* find(const model::catalogue& c, const std::string& name) {
  const auto found = std::find_if(c.symbols.begin(), c.symbols.end(), [&](const model::symbol& s) {
    return s.name == name && !s.runtime;
  });
  return found == c.symbols.end() ? nullptr : &*found;
}

std::vector<exporters::compared_symbol> compare_all(target& before, target& after) {
  std::vector<exporters::compared_symbol> all;
  for (const model::symbol& s : before.catalogue.symbols) {
    if (s.runtime) continue;
    exporters::compared_symbol c;
    c.name = s.name;
    c.shape = s.shape;
    const model::symbol* other = find(after.catalogue, s.name);
    if (other == nullptr) {
      c.state = "only_before";
    } else if (!is_comparable(before.catalogue, s, after.catalogue, *other)) {
      c.state = "other_type";
    } else {
      c.difference = compare(before, s, after, *other);
      c.state = c.difference->changed == 0 ? "equal" : "changed";
    }
    all.push_back(std::move(c));
  }
  for (const model::symbol& s : after.catalogue.symbols) {
    if (s.runtime || find(before.catalogue, s.name) != nullptr) continue;
    exporters::compared_symbol c;
    c.name = s.name;
    c.shape = s.shape;
    c.state = "only_after";
    all.push_back(std::move(c));
  }
  return all;
}

std::string place_of(const exporters::compared_symbol& c) {
  if (!c.difference || !c.difference->first_changed || c.shape.empty()) return "-";
  std::string text = "[";
  for (const std::uint64_t i : model::index_of(*c.difference->first_changed, c.shape)) {
    text += (text.size() == 1 ? "" : ",") + std::to_string(i);
  }
  return text + "]";
}

std::string special_of(const model::difference& d) {
  const auto pair = [](const char* name, std::uint64_t before, std::uint64_t after) {
    if (before == 0 && after == 0) return std::string();
    return std::string(name) + " " + render::count(before) + " -> " + render::count(after) + " ";
  };
  std::string text =
      pair("NaN", d.nan_before, d.nan_after) + pair("inf", d.infinite_before, d.infinite_after);
  if (text.empty()) return "-";
  text.pop_back();
  return text;
}

std::string words_of(const std::string& state) {
  if (state == "only_before") return "only in the first";
  if (state == "only_after") return "only in the second";
  if (state == "other_type") return "of another type or shape";
  return state;
}

void show(const std::vector<exporters::compared_symbol>& all) {
  using render::alignment;
  render::table table({{"SYMBOL"},
                       {"RESULT"},
                       {"CHANGED", alignment::right},
                       {"OF", alignment::right},
                       {"MAX ABS", alignment::right},
                       {"MAX REL", alignment::right},
                       {"FIRST AT"},
                       {"NOT FINITE"}});
  for (const auto& c : all) {
    if (!c.difference) {
      table.add_row({c.name, words_of(c.state), "-", "-", "-", "-", "-", "-"});
      continue;
    }
    const model::difference& d = *c.difference;
    table.add_row({c.name, c.state, render::count(d.changed), render::count(d.elements),
                   render::value(d.max_absolute), render::value(d.max_relative), place_of(c),
                   special_of(d)});
  }
  std::fputs(table.render(render::detect(STDOUT_FILENO)).c_str(), stdout);
}

int run(const program& p, const options& o) {
  target before = open_target(o.before, p.timeout);
  target after = open_target(o.after, p.timeout);
  const auto all = compare_all(before, after);
  if (o.as_json) {
    std::puts(exporters::to_text(exporters::diff_document(o.before, o.after, all)).c_str());
  } else if (all.empty()) {
    std::puts("Neither has a symbol.");
  } else {
    show(all);
  }
  const bool is_equal =
      std::all_of(all.begin(), all.end(), [](const auto& c) { return c.state == "equal"; });
  return is_equal ? good : failed;
}

}  // namespace

void add_diff(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("diff", "Compare two targets, checkpoints or dumps");
  auto o = std::make_shared<options>();
  command->add_option("A", o->before, "Target or file")->required();
  command->add_option("B", o->after, "Target or file")->required();
  command->add_flag("--json", o->as_json, "Print a JSON document");
  command->callback([&p, o] { p.run = [&p, o] { return run(p, *o); }; });
}

}  // namespace rk::cli
