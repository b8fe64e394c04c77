#include <algorithm>
#include <utility>

#include <rk/model/nearest.hpp>

#include "model/text.hpp"

namespace rk::model {
namespace {

/// Longer texts are compared as a whole only: the table of edits grows with the product of the
/// lengths, and names may come from a hostile catalogue.
constexpr std::size_t longest_edited = 128;

struct candidate {
  std::size_t cost = 0;
  const std::string* name = nullptr;
};

/// Edits between `a` and `b`, or `limit + 1` if there are more than `limit`. Optimal string
/// alignment: insertion, deletion, substitution and the swap of two neighbours cost one each.
[[nodiscard]] std::size_t edits(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > limit) return limit + 1;
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    // A swap reaches two rows back, so both rows must have left the limit behind.
    const std::size_t least = std::min(*std::min_element(row.begin(), row.end()),
                                       *std::min_element(last.begin(), last.end()));
    if (least > limit) return limit + 1;
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return std::min(last[b.size()], limit + 1);
}

/// Names that contain `wanted` cost least, shorter ones first; then by edits.
[[nodiscard]] std::vector<candidate> candidates(std::string_view wanted,
                                                const std::vector<std::string>& names) {
  std::vector<candidate> containing;
  std::vector<candidate> similar;
  const std::size_t limit = wanted.size() > longest_edited ? 0 : wanted.size() / 3;
  for (const std::string& name : names) {
    if (name.find(wanted) != std::string::npos) {
      containing.push_back({name.size(), &name});
    } else if (const std::size_t cost = limit == 0 ? 1 : edits(wanted, name, limit);
               cost <= limit) {
      similar.push_back({cost, &name});
    }
  }
  const auto cheaper = [](const candidate& a, const candidate& b) { return a.cost < b.cost; };
  std::stable_sort(containing.begin(), containing.end(), cheaper);
  std::stable_sort(similar.begin(), similar.end(), cheaper);
  containing.insert(containing.end(), similar.begin(), similar.end());
  return containing;
}

}  // namespace

std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& names,
                                 std::size_t most) {
  std::vector<std::string> best;
  if (wanted.empty()) return best;
  for (const candidate& c : candidates(wanted, names)) {
    if (best.size() >= most) break;
    if (std::find(best.begin(), best.end(), *c.name) == best.end()) best.push_back(*c.name);
  }
  return best;
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& names) {
  const std::vector<std::string> best = nearest(wanted, names);
  if (best.empty()) return {};
  std::string text = " Did you mean ";
  for (std::size_t i = 0; i < best.size(); ++i) {
    if (i > 0) text += i + 1 == best.size() ? " or " : ", ";
    text += detail::quoted(best[i]);
  }
  return text + "?";
}

}  // namespace rk::model
