#include "values.hpp"

#include <algorithm>
#include <chrono>

#include <rk/error.hpp>

#include "render/field.hpp"
#include "render/number.hpp"
#include "render/table.hpp"
#include "render/text.hpp"

namespace rk::cli {
namespace {

/// Arrays up to this many elements are shown whole.
constexpr std::uint64_t shown_whole = 4096;
/// Of longer ones this many at each end.
constexpr std::size_t shown_ends = 3;

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  return text + "]";
}

bool has_numbers(const model::type& t) {
  return model::is_scalar(t) && t.how != model::encoding::character;
}

std::string element(const model::catalogue& c, const exporters::reading& r, std::uint64_t index) {
  const std::uint64_t size = c.types[r.value.type].size;
  return render::printable(model::format_value(
      c.types, r.value.type, std::span(r.value.bytes).subspan(index * size, size)));
}

/// Rows of the last dimension, as numpy prints them, in columns.
std::string rows(const model::catalogue& c, const exporters::reading& r, std::uint64_t width) {
  const std::uint64_t count = r.what.count();
  std::vector<std::string> cells;
  std::size_t widest = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    cells.push_back(element(c, r, i));
    widest = std::max(widest, cells.back().size());
  }
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) {
    text.append(widest - cells[i].size(), ' ');
    text += cells[i];
    text += (i + 1) % width == 0 ? "\n" : "  ";
    const bool plane_ends = r.value.shape.size() > 2 &&
                            (i + 1) % (width * r.value.shape[r.value.shape.size() - 2]) == 0;
    if (plane_ends && i + 1 < count) text += "\n";
  }
  return text;
}

/// What may be believed of the elements taken together.
std::string promise_of(const exporters::reading& r, const render::terminal& terminal) {
  const auto span = [&](auto ns) {
    return render::duration(std::chrono::nanoseconds(static_cast<std::int64_t>(ns)), terminal.utf8);
  };
  std::string text = r.consistency;
  if (r.step) text += " at step " + render::count(*r.step);
  if (r.pause_ns) text += ", pause " + span(*r.pause_ns);
  if (r.retries) text += ", " + std::to_string(*r.retries) + " torn before";
  if (r.age_ns) text += ", age " + span(*r.age_ns);
  return text;
}

std::string statistics(const model::catalogue& c, const exporters::reading& r) {
  const render::field_statistics s = render::measure(to_numbers(c, r));
  std::string text = "min " + render::value(s.minimum) + "  max " + render::value(s.maximum) +
                     "  mean " + render::value(s.mean);
  if (s.nan != 0) text += "  NaN " + render::count(s.nan);
  if (s.infinite != 0) text += "  infinite " + render::count(s.infinite);
  return text;
}

std::string ends(const model::catalogue& c, const exporters::reading& r) {
  const std::uint64_t count = r.what.count();
  std::string text;
  for (std::uint64_t i = 0; i < shown_ends; ++i) text += element(c, r, i) + "  ";
  text += "...";
  for (std::uint64_t i = count - shown_ends; i < count; ++i) text += "  " + element(c, r, i);
  return text;
}

}  // namespace

std::vector<double> to_numbers(const model::catalogue& c, const exporters::reading& r) {
  const model::type& t = c.types[r.value.type];
  if (!has_numbers(t)) {
    throw invalid_argument(r.what.expression + " holds " + t.name +
                           ", no numbers: choose a member of it");
  }
  std::vector<double> numbers(r.what.count());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = model::to_double(t, std::span(r.value.bytes).subspan(i * t.size, t.size));
  }
  return numbers;
}

std::string describe(const model::catalogue& c, const exporters::reading& r,
                     const render::terminal& terminal) {
  if (r.value.shape.empty()) return element(c, r, 0) + "\n";
  const model::type& t = c.types[r.value.type];
  const std::uint64_t count = r.what.count();
  std::string text = render::printable(r.what.expression) + "  " + model::short_name(t) +
                     shape_text(r.value.shape) + "  " + promise_of(r, terminal) + "\n";
  if (count == 0) return text;
  if (count <= shown_whole) {
    text += rows(c, r, r.value.shape.back());
  } else {
    text += ends(c, r) + "\n(" + render::count(count) +
            " elements: choose a slice, or --csv, --json or --npy FILE for all)\n";
  }
  if (has_numbers(t) && count > 1) text += statistics(c, r) + "\n";
  return text;
}

std::string summarise(const model::catalogue& c, const exporters::reading& r) {
  if (r.value.shape.empty()) return element(c, r, 0);
  if (r.what.count() == 0) return "(empty)";
  if (has_numbers(c.types[r.value.type])) return statistics(c, r);
  return render::elide(element(c, r, 0), 60, true) + " ...";
}

}  // namespace rk::cli
