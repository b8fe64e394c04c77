#include <algorithm>
#include <cmath>
#include <cstring>

#include <rk/error.hpp>
#include <rk/model/difference.hpp>
#include <rk/model/value.hpp>

namespace rk::model {
namespace {

bool has_special_values(const type& t) {
  return t.how == encoding::floating || t.how == encoding::brain_floating;
}

}  // namespace

void difference_counter::add(std::span<const std::byte> before, std::span<const std::byte> after) {
  if (before.size() != after.size() || type_.size == 0 || before.size() % type_.size != 0) {
    throw invalid_argument("two arrays are compared by whole elements");
  }
  const bool is_same = std::memcmp(before.data(), after.data(), before.size()) == 0;
  if (is_same && !has_special_values(type_)) {
    result_.elements += before.size() / type_.size;
    return;
  }
  for (std::size_t at = 0; at < before.size(); at += type_.size) {
    add_element(before.subspan(at, type_.size), after.subspan(at, type_.size));
  }
}

void difference_counter::add_element(std::span<const std::byte> before,
                                     std::span<const std::byte> after) {
  difference& r = result_;
  const std::uint64_t number = r.elements++;
  const bool is_changed = std::memcmp(before.data(), after.data(), before.size()) != 0;
  if (is_changed) {
    ++r.changed;
    if (!r.first_changed) r.first_changed = number;
  }
  if (!is_scalar(type_) || (!is_changed && !has_special_values(type_))) return;
  const double a = to_double(type_, before);
  const double b = to_double(type_, after);
  if (has_special_values(type_)) {
    r.nan_before += std::isnan(a) ? 1U : 0U;
    r.nan_after += std::isnan(b) ? 1U : 0U;
    r.infinite_before += std::isinf(a) ? 1U : 0U;
    r.infinite_after += std::isinf(b) ? 1U : 0U;
  }
  if (!is_changed || !std::isfinite(a) || !std::isfinite(b)) return;
  const double distance = std::abs(a - b);
  const double magnitude = std::max(std::abs(a), std::abs(b));
  r.max_absolute = std::max(r.max_absolute, distance);
  if (magnitude > 0) r.max_relative = std::max(r.max_relative, distance / magnitude);
}

std::vector<std::uint64_t> index_of(std::uint64_t number, const std::vector<std::uint64_t>& shape) {
  std::vector<std::uint64_t> index(shape.size());
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (shape[d] == 0) continue;
    index[d] = number % shape[d];
    number /= shape[d];
  }
  return index;
}

}  // namespace rk::model
