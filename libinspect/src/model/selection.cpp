#include <algorithm>
#include <limits>
#include <utility>

#include <rk/error.hpp>
#include <rk/model/nearest.hpp>
#include <rk/model/selection.hpp>

#include "model/checked.hpp"
#include "model/text.hpp"

namespace rk::model {
namespace {

/// A symbol's name and a path of the greatest length.
constexpr std::size_t max_expression_bytes = max_name_bytes + 4096;

struct named_symbol {
  const symbol* found = nullptr;
  std::size_t name_bytes = 0;  ///< how much of the expression is its name
};

[[nodiscard]] bool begins_with_name(std::string_view expression, std::string_view name) noexcept {
  if (!expression.starts_with(name)) return false;
  const std::string_view rest = expression.substr(name.size());
  return rest.empty() || rest.front() == '.' || rest.front() == '[';
}

/// Names may hold dots and brackets themselves, so the longest one that fits is meant.
[[nodiscard]] named_symbol find_symbol(const catalogue& c, std::string_view expression) {
  named_symbol best;
  for (const symbol& s : c.symbols) {
    const bool is_longer = best.found == nullptr || s.name.size() > best.name_bytes;
    if (is_longer && begins_with_name(expression, s.name)) best = {&s, s.name.size()};
  }
  if (best.found != nullptr) return best;
  const std::string_view name = expression.substr(0, expression.find_first_of("[."));
  return {&c.resolve(name), name.size()};
}

[[nodiscard]] std::string member_suggestion(const type& t, std::string_view wanted) {
  std::vector<std::string> names;
  for (const member& m : t.members) names.push_back(m.name);
  std::string text = did_you_mean(wanted, names);
  if (!text.empty() || names.empty()) return text;
  text = " Its members: ";
  const std::size_t most = std::min<std::size_t>(names.size(), 8);
  for (std::size_t i = 0; i < most; ++i) text += (i == 0 ? "" : ", ") + detail::quoted(names[i]);
  return text + (most < names.size() ? ", ..." : ".");
}

/// Extents beyond the signed range belong to arrays of zero bytes; clipping them is harmless.
[[nodiscard]] std::int64_t to_signed(std::uint64_t count) noexcept {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(count, most));
}

/// `bound` of a range, as numpy clips it to 0..count.
[[nodiscard]] std::uint64_t clip(std::int64_t bound, std::int64_t count) noexcept {
  if (bound < 0) bound += count;
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(bound, 0, count));
}

/// Follows a path from a symbol inwards.
class selector {
 public:
  selector(const type_table& types, const symbol& s, std::string_view expression) : types_(types) {
    out_.expression = expression;
    out_.symbol = s.id;
    out_.type = s.type;
    append(s.shape, types_[s.type].size);
    enter_arrays();
  }

  void follow(const path_step& step) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      enter_member(*name);
    } else {
      slice(std::get<std::vector<slice_index>>(step));
    }
  }

  [[nodiscard]] selection finish() && { return std::move(out_); }

 private:
  /// Appends the dimensions of an array of elements of `element_bytes`.
  void append(const std::vector<std::uint64_t>& shape, std::uint64_t element_bytes) {
    const std::size_t first = out_.dimensions.size();
    std::uint64_t stride = element_bytes;
    for (std::size_t i = shape.size(); i-- > 0;) {
      out_.dimensions.push_back({shape[i], stride});
      const auto grown = detail::multiply(stride, std::max<std::uint64_t>(shape[i], 1));
      if (!grown) fail("shape " + detail::shape_text(shape) + " is larger than any memory");
      stride = *grown;
    }
    std::reverse(out_.dimensions.begin() + static_cast<std::ptrdiff_t>(first),
                 out_.dimensions.end());
  }

  /// Makes dimensions of array types, so that the type of an element is none.
  void enter_arrays() {
    const type* t = &types_[out_.type];
    while (t->how == encoding::array) {
      append(t->extents, types_[t->element].size);
      out_.type = t->element;
      t = &types_[out_.type];
    }
  }

  void enter_member(const std::string& name) {
    const type& t = types_[out_.type];
    const auto found = std::find_if(t.members.begin(), t.members.end(),
                                    [&](const member& m) { return m.name == name; });
    if (found == t.members.end()) fail_member(t, name);
    const auto offset = detail::add(out_.offset, found->offset);
    if (!offset) fail("a member lies outside of any memory");
    out_.offset = *offset;
    out_.type = found->type;
    first_ = out_.dimensions.size();
    enter_arrays();
  }

  void slice(const std::vector<slice_index>& indices) {
    const std::vector<dimension> before(
        out_.dimensions.begin() + static_cast<std::ptrdiff_t>(first_), out_.dimensions.end());
    if (indices.size() > before.size()) {
      fail("too many indices for shape " + shape_of(before));
    }
    out_.dimensions.resize(first_);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (i >= indices.size()) {
        out_.dimensions.push_back(before[i]);
      } else if (indices[i].is_range) {
        take_range(indices[i], before[i]);
      } else {
        take_index(indices[i].start.value_or(0), i, before);
      }
    }
  }

  void take_index(std::int64_t index, std::size_t place, const std::vector<dimension>& before) {
    const dimension& d = before[place];
    const std::int64_t count = to_signed(d.count);
    if (index >= count || index < -count) {
      fail("index " + std::to_string(index) + " is out of range for dimension " +
           std::to_string(place) + " of shape " + shape_of(before));
    }
    skip(clip(index, count), d.stride_bytes);
  }

  void take_range(const slice_index& range, const dimension& d) {
    const std::int64_t count = to_signed(d.count);
    const std::uint64_t start = clip(range.start.value_or(0), count);
    const std::uint64_t stop = clip(range.stop.value_or(count), count);
    if (start >= stop) {
      out_.dimensions.push_back({0, d.stride_bytes});
      return;
    }
    const auto step = static_cast<std::uint64_t>(range.step);
    const std::uint64_t taken = (stop - start - 1) / step + 1;
    // With one element left the step says nothing, and may be too large to multiply with.
    const std::uint64_t stride = taken == 1 ? d.stride_bytes : d.stride_bytes * step;
    out_.dimensions.push_back({taken, stride});
    skip(start, d.stride_bytes);
  }

  /// Cannot overflow: what is skipped lies within an array whose bytes were counted.
  void skip(std::uint64_t elements, std::uint64_t stride) noexcept {
    out_.offset += elements * stride;
  }

  [[nodiscard]] static std::string shape_of(const std::vector<dimension>& dimensions) {
    std::vector<std::uint64_t> shape;
    for (const dimension& d : dimensions) shape.push_back(d.count);
    return detail::shape_text(shape);
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw invalid_argument(shown() + ": " + why);
  }

  [[noreturn]] void fail_member(const type& t, const std::string& name) const {
    throw not_found(shown() + ": " + short_name(t) + " has no member " + detail::quoted(name) +
                    "." + member_suggestion(t, name));
  }

  /// The expression without quotation marks.
  [[nodiscard]] std::string shown() const {
    const std::string quoted = detail::quoted(out_.expression);
    return quoted.substr(1, quoted.size() - 2);
  }

  const type_table& types_;
  selection out_;
  std::size_t first_ = 0;  ///< first dimension that a bracket indexes: behind those of outer steps
};

}  // namespace

std::vector<std::uint64_t> selection::shape() const {
  std::vector<std::uint64_t> out;
  for (const dimension& d : dimensions) out.push_back(d.count);
  return out;
}

std::uint64_t selection::count() const {
  return bytes_of(shape(), 1);
}

selection resolve(const catalogue& c, std::string_view expression) {
  if (expression.size() > max_expression_bytes) {
    throw invalid_argument(detail::quoted(expression) + ": longer than " +
                           std::to_string(max_expression_bytes) + " bytes");
  }
  const named_symbol name = find_symbol(c, expression);
  selector out(c.types, *name.found, expression);
  for (const path_step& step : parse_path(expression.substr(name.name_bytes))) out.follow(step);
  return std::move(out).finish();
}

}  // namespace rk::model
