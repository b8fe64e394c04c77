#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include <rk/error.hpp>
#include <rk/model/selection.hpp>

#include "model/checked.hpp"

namespace rk::model {
namespace {

/// Bytes of a gap that cost about as much to read as another copy costs to start.
constexpr std::uint64_t cheap_gap_bytes = std::uint64_t{1} << 20;

[[noreturn]] void fail_overflow() {
  throw incompatible("a selection is larger than any memory");
}

[[nodiscard]] std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  if (const auto s = detail::add(a, b)) return *s;
  fail_overflow();
}

[[nodiscard]] std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  if (const auto p = detail::multiply(a, b)) return *p;
  fail_overflow();
}

[[nodiscard]] bool is_empty(const selection& s, std::uint64_t element_bytes) noexcept {
  return element_bytes == 0 || std::any_of(s.dimensions.begin(), s.dimensions.end(),
                                           [](const dimension& d) { return d.count == 0; });
}

/// What the dimensions from one on inwards cover.
struct extent {
  std::uint64_t span = 0;  ///< bytes from the first element's start to the last one's end
  bool one_range = true;   ///< no gap within is worth another copy
};

/// extents[i] is what dimensions i, i+1, ... cover; the last entry is one element.
[[nodiscard]] std::vector<extent> extents_of(const std::vector<dimension>& dimensions,
                                             std::uint64_t element_bytes) {
  std::vector<extent> out(dimensions.size() + 1);
  out.back() = {element_bytes, true};
  for (std::size_t i = dimensions.size(); i-- > 0;) {
    const dimension& d = dimensions[i];
    const extent& inner = out[i + 1];
    const bool has_cheap_gap =
        d.stride_bytes <= inner.span || d.stride_bytes - inner.span <= cheap_gap_bytes;
    out[i].span = sum(inner.span, product(d.count - 1, d.stride_bytes));
    out[i].one_range = inner.one_range && (d.count == 1 || has_cheap_gap);
  }
  return out;
}

/// Walks over the outer dimensions only as far as there are gaps worth another copy, so the number
/// of ranges is at most the symbol's bytes over a megabyte.
class range_planner {
 public:
  range_planner(const std::vector<dimension>& dimensions, std::uint64_t element_bytes)
      : dimensions_(dimensions), extents_(extents_of(dimensions, element_bytes)) {}

  void cover(std::size_t level, std::uint64_t offset) {
    if (extents_[level].one_range) {
      append({offset, extents_[level].span});
      return;
    }
    const dimension& d = dimensions_[level];
    for (std::uint64_t i = 0; i < d.count; ++i) cover(level + 1, sum(offset, i * d.stride_bytes));
  }

  [[nodiscard]] std::vector<byte_range> finish() && { return std::move(ranges_); }

 private:
  void append(byte_range next) {
    const std::uint64_t end = sum(next.offset, next.bytes);
    if (ranges_.empty() || next.offset > sum(end_, cheap_gap_bytes)) {
      ranges_.push_back(next);
      end_ = end;
      return;
    }
    end_ = std::max(end_, end);
    ranges_.back().bytes = end_ - ranges_.back().offset;
  }

  const std::vector<dimension>& dimensions_;
  std::vector<extent> extents_;
  std::vector<byte_range> ranges_;
  std::uint64_t end_ = 0;  ///< of the last range
};

/// The bytes of a symbol that some ranges brought.
class fetched_bytes {
 public:
  fetched_bytes(const std::vector<byte_range>& ranges, std::span<const std::byte> data)
      : ranges_(ranges) {
    for (const byte_range& r : ranges) {
      if (r.bytes > data.size()) throw incompatible("a read brought fewer bytes than its ranges");
      parts_.push_back(data.first(r.bytes));
      data = data.subspan(r.bytes);
    }
  }

  /// Copies the bytes at `offset` of the symbol to `out`. Quick where offsets rise from call to
  /// call.
  void copy(std::uint64_t offset, std::span<std::byte> out) {
    while (!out.empty()) {
      const std::span<const std::byte> run = from(offset);
      const std::size_t bytes = std::min(run.size(), out.size());
      std::memcpy(out.data(), run.data(), bytes);
      out = out.subspan(bytes);
      offset += bytes;
    }
  }

 private:
  [[nodiscard]] std::span<const std::byte> from(std::uint64_t offset) {
    if (!holds(last_, offset)) last_ = find(offset);
    return parts_[last_].subspan(offset - ranges_[last_].offset);
  }

  [[nodiscard]] bool holds(std::size_t i, std::uint64_t offset) const noexcept {
    return i < ranges_.size() && offset >= ranges_[i].offset &&
           offset - ranges_[i].offset < ranges_[i].bytes;
  }

  [[nodiscard]] std::size_t find(std::uint64_t offset) const {
    const auto behind = std::upper_bound(
        ranges_.begin(), ranges_.end(), offset,
        [](std::uint64_t wanted, const byte_range& r) { return wanted < r.offset; });
    const auto i = static_cast<std::size_t>(behind - ranges_.begin());
    if (i > 0 && holds(i - 1, offset)) return i - 1;
    throw incompatible("the ranges of a read do not cover its selection");
  }

  const std::vector<byte_range>& ranges_;
  std::vector<std::span<const std::byte>> parts_;
  std::size_t last_ = 0;
};

/// Copies the elements of a selection one contiguous run at a time.
class packer {
 public:
  packer(const selection& s, std::uint64_t element_bytes, fetched_bytes& from,
         std::span<std::byte> out)
      : dimensions_(s.dimensions), run_bytes_(element_bytes), from_(from), out_(out) {
    while (!dimensions_.empty() && dimensions_.back().stride_bytes == run_bytes_) {
      run_bytes_ *= dimensions_.back().count;
      dimensions_.pop_back();
    }
  }

  void pack(std::size_t level, std::uint64_t offset) {
    if (level == dimensions_.size()) {
      from_.copy(offset, out_.first(run_bytes_));
      out_ = out_.subspan(run_bytes_);
      return;
    }
    const dimension& d = dimensions_[level];
    for (std::uint64_t i = 0; i < d.count; ++i) pack(level + 1, offset + i * d.stride_bytes);
  }

 private:
  std::vector<dimension> dimensions_;
  std::uint64_t run_bytes_;
  fetched_bytes& from_;
  std::span<std::byte> out_;
};

}  // namespace

std::vector<byte_range> plan_ranges(const selection& s, std::uint64_t element_bytes) {
  if (is_empty(s, element_bytes)) return {};
  range_planner planner(s.dimensions, element_bytes);
  planner.cover(0, s.offset);
  return std::move(planner).finish();
}

std::vector<std::byte> gather(const selection& s, std::uint64_t element_bytes,
                              const std::vector<byte_range>& ranges,
                              const std::vector<std::byte>& data) {
  if (is_empty(s, element_bytes)) return {};
  const std::uint64_t packed = bytes_of(s.shape(), element_bytes);
  if (packed > data.size()) throw incompatible("a read brought fewer bytes than its selection has");
  std::vector<std::byte> out(packed);
  fetched_bytes from(ranges, data);
  packer(s, element_bytes, from, out).pack(0, s.offset);
  return out;
}

std::vector<byte_range> exact_ranges(const selection& s, std::uint64_t element_bytes,
                                     std::size_t most) {
  std::vector<byte_range> ranges;
  if (is_empty(s, element_bytes)) return ranges;
  std::vector<std::uint64_t> index(s.dimensions.size(), 0);
  for (;;) {
    std::uint64_t offset = s.offset;
    for (std::size_t d = 0; d < index.size(); ++d) {
      offset = sum(offset, product(index[d], s.dimensions[d].stride_bytes));
    }
    if (!ranges.empty() && ranges.back().offset + ranges.back().bytes == offset) {
      ranges.back().bytes += element_bytes;
    } else if (ranges.size() == most) {
      throw invalid_argument(s.expression + " is in more than " + std::to_string(most) +
                             " pieces: choose a slice of neighbours");
    } else {
      ranges.push_back({offset, element_bytes});
    }
    // Counts up as an odometer does, the last dimension fastest.
    std::size_t d = index.size();
    while (d > 0 && ++index[d - 1] == s.dimensions[d - 1].count) index[--d] = 0;
    if (d == 0) return ranges;
  }
}

}  // namespace rk::model
