#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/model/selection.hpp>

#include "sample_catalogue.hpp"

namespace rk::model {
namespace {

using ranges = std::vector<byte_range>;
using bytes = std::vector<std::byte>;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

/// The bytes that a reader would bring for `wanted`.
[[nodiscard]] bytes fetch(const bytes& symbol, const ranges& wanted) {
  bytes out;
  for (const byte_range& r : wanted) {
    const auto first = symbol.begin() + static_cast<std::ptrdiff_t>(r.offset);
    out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(r.bytes));
  }
  return out;
}

[[nodiscard]] bytes pattern(std::size_t size) {
  bytes out(size);
  std::uint32_t state = 1;
  for (std::byte& b : out) {
    state = state * 1664525 + 1013904223;
    b = static_cast<std::byte>(state >> 24);
  }
  return out;
}

void expect_rising_apart(const ranges& planned, std::uint64_t symbol_bytes) {
  std::uint64_t end = 0;
  for (const byte_range& r : planned) {
    EXPECT_GT(r.bytes, 0u);
    EXPECT_TRUE(&r == &planned.front() || r.offset > end);
    end = r.offset + r.bytes;
  }
  EXPECT_LE(end, symbol_bytes);
}

/// One symbol "a" of one type.
struct one_symbol {
  catalogue c;
  type_id type{};
  std::uint64_t element_bytes = 0;

  one_symbol(std::uint64_t size, std::vector<std::uint64_t> shape) : element_bytes(size) {
    type = c.types.add_scalar("t", encoding::opaque, size);
    test::add_symbol(c, "a", type, std::move(shape));
  }
  [[nodiscard]] ranges plan(std::string_view expression) const {
    return plan_ranges(resolve(c, expression), element_bytes);
  }
};

TEST(selection_ranges, a_whole_array_is_one_range) {
  const one_symbol s(4, {24, 24, 24});
  EXPECT_EQ(s.plan("a"), (ranges{{0, 55296}}));
  EXPECT_EQ(s.plan("a[12]"), (ranges{{12 * 2304, 2304}}));
  EXPECT_EQ(s.plan("a[1,2,3]"), (ranges{{2304 + 192 + 12, 4}}));
}

TEST(selection_ranges, nothing_selected_is_nothing_read) {
  const one_symbol s(4, {24, 0});
  EXPECT_EQ(s.plan("a"), ranges{});
  EXPECT_EQ(one_symbol(4, {24}).plan("a[5:5]"), ranges{});
}

TEST(selection_ranges, small_gaps_are_read_along) {
  const one_symbol s(4, {1024, 1024});
  EXPECT_EQ(s.plan("a[:,3]"), (ranges{{12, 1023 * 4096 + 4}}));
}

TEST(selection_ranges, thin_members_of_a_large_array_do_not_become_a_million_copies) {
  const one_symbol s(4, {64u << 20, 16});
  EXPECT_EQ(s.plan("a[:,3]").size(), 1u);
}

TEST(selection_ranges, gaps_dearer_than_a_copy_are_left_out) {
  const one_symbol s(1, {4, 3 * mebibyte});
  EXPECT_EQ(
      s.plan("a[:,10:20]"),
      (ranges{
          {10, 10}, {3 * mebibyte + 10, 10}, {6 * mebibyte + 10, 10}, {9 * mebibyte + 10, 10}}));
  EXPECT_EQ(s.plan("a[::2,:]"), (ranges{{0, 3 * mebibyte}, {6 * mebibyte, 3 * mebibyte}}));
}

TEST(selection_ranges, neighbours_across_an_outer_dimension_are_one_range) {
  // The gap within a row is dear; the one from a row's end to the next row's start is not.
  const one_symbol s(1, {3, 2, 4 * mebibyte});
  const auto half = std::to_string(4 * mebibyte - 5);
  EXPECT_EQ(s.plan("a[:2,:,::" + half + "]").size(), 5u);
}

TEST(selection_ranges, a_gap_of_exactly_the_limit_is_read_along) {
  const one_symbol at_limit(1, {2, mebibyte + 1});
  EXPECT_EQ(at_limit.plan("a[:,0]").size(), 1u);
  const one_symbol beyond(1, {2, mebibyte + 2});
  EXPECT_EQ(beyond.plan("a[:,0]").size(), 2u);
}

TEST(selection_ranges, the_largest_symbol_is_planned_in_bounded_time) {
  const one_symbol s(8, {max_symbol_bytes / 8 / 4096, 4096});
  EXPECT_EQ(s.plan("a[:,::2]").size(), 1u);
  EXPECT_EQ(s.plan("a[::33554432]").size(), 16u);
}

TEST(selection_ranges, a_selection_that_overflows_is_refused) {
  selection s;
  s.dimensions = {{std::uint64_t{1} << 40, std::uint64_t{1} << 40}};
  EXPECT_THROW((void)plan_ranges(s, 4), incompatible);
  s.dimensions = {};
  s.offset = ~std::uint64_t{0};
  EXPECT_THROW((void)plan_ranges(s, 4), incompatible);
}

TEST(selection_ranges, missing_bytes_are_refused_and_not_read_past) {
  const one_symbol s(4, {8});
  const selection all = resolve(s.c, "a");
  const bytes symbol = pattern(32);
  EXPECT_THROW((void)gather(all, 4, {{0, 32}}, bytes(31)), incompatible);
  EXPECT_THROW((void)gather(all, 4, {{0, 16}}, bytes(16)), incompatible);
  EXPECT_THROW((void)gather(all, 4, {{0, 16}, {20, 16}}, bytes(32)), incompatible);
  EXPECT_THROW((void)gather(all, 4, {{4, 32}}, bytes(32)), incompatible);
  EXPECT_THROW((void)gather(all, 4, {}, bytes(32)), incompatible);
  EXPECT_EQ(gather(all, 4, {{0, 32}}, symbol), symbol);
}

TEST(selection_ranges, ranges_cut_by_a_reader_at_any_place_still_fit_together) {
  const one_symbol s(4, {8});
  const bytes symbol = pattern(32);
  const ranges cut = {{0, 5}, {5, 6}, {11, 21}};
  EXPECT_EQ(gather(resolve(s.c, "a"), 4, cut, fetch(symbol, cut)), symbol);
  const bytes two(symbol.begin() + 8, symbol.begin() + 16);
  EXPECT_EQ(gather(resolve(s.c, "a[2:4]"), 4, cut, fetch(symbol, cut)), two);
}

/// A random index with what it selects, by definition.
struct random_index {
  std::string text;
  std::vector<std::uint64_t> selected;
};

class generator {
 public:
  [[nodiscard]] std::int64_t number(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
  }

  [[nodiscard]] random_index index(std::int64_t count) {
    if (count > 0 && number(0, 2) == 0) return single(count);
    const bool has_start = number(0, 1) == 1;
    const bool has_stop = number(0, 1) == 1;
    const std::int64_t start = number(-count - 2, count + 2);
    const std::int64_t stop = number(-count - 2, count + 2);
    const std::int64_t step = number(1, count + 2);
    random_index out;
    if (has_start) out.text += std::to_string(start);
    out.text += ":";
    if (has_stop) out.text += std::to_string(stop);
    out.text += ":" + std::to_string(step);
    const std::int64_t first =
        std::max<std::int64_t>(0, has_start ? (start < 0 ? start + count : start) : 0);
    const std::int64_t last = has_stop ? (stop < 0 ? stop + count : stop) : count;
    for (std::int64_t i = first; i < last && i < count; i += step) {
      out.selected.push_back(static_cast<std::uint64_t>(i));
    }
    return out;
  }

 private:
  [[nodiscard]] random_index single(std::int64_t count) {
    const std::int64_t i = number(-count, count - 1);
    return {std::to_string(i), {static_cast<std::uint64_t>(i < 0 ? i + count : i)}};
  }

  std::mt19937_64 engine_{20260213};
};

/// Elements of a row-major array by one list of indices a dimension.
void pick(const bytes& symbol, const std::vector<std::uint64_t>& shape,
          const std::vector<random_index>& indices, std::uint64_t element_bytes, std::size_t level,
          std::uint64_t element, bytes& out) {
  if (level == shape.size()) {
    const auto first = symbol.begin() + static_cast<std::ptrdiff_t>(element * element_bytes);
    out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(element_bytes));
    return;
  }
  for (const std::uint64_t i : indices[level].selected) {
    pick(symbol, shape, indices, element_bytes, level + 1, element * shape[level] + i, out);
  }
}

TEST(selection_ranges, random_slices_bring_what_picking_one_by_one_brings) {
  generator random;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::uint64_t> shape;
    const std::int64_t rank = random.number(0, 4);
    for (std::int64_t i = 0; i < rank; ++i) {
      shape.push_back(static_cast<std::uint64_t>(random.number(round % 10 == 0 ? 0 : 1, 7)));
    }
    const auto element = static_cast<std::uint64_t>(random.number(1, 9));
    const one_symbol s(element, shape);
    std::vector<random_index> indices;
    std::string expression = rank == 0 ? "a" : "a[";
    for (const std::uint64_t extent : shape) {
      indices.push_back(random.index(static_cast<std::int64_t>(extent)));
      expression += (indices.size() == 1 ? "" : ",") + indices.back().text;
    }
    if (rank > 0) expression += "]";

    const bytes symbol = pattern(s.c.symbols[0].bytes);
    bytes expected;
    pick(symbol, shape, indices, element, 0, 0, expected);
    const selection selected = resolve(s.c, expression);
    const ranges planned = plan_ranges(selected, element);
    expect_rising_apart(planned, symbol.size());
    ASSERT_EQ(gather(selected, element, planned, fetch(symbol, planned)), expected)
        << expression << " of " << testing::PrintToString(shape);
    ASSERT_EQ(selected.count() * element, expected.size()) << expression;
  }
}

TEST(selection_ranges, random_slices_over_dear_gaps_bring_the_same) {
  generator random;
  const std::vector<std::uint64_t> shape = {3, 2, 5, mebibyte / 2};
  const one_symbol s(1, shape);
  const bytes symbol = pattern(s.c.symbols[0].bytes);
  std::size_t most_ranges = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<random_index> indices;
    for (std::size_t i = 0; i < 3; ++i) {
      indices.push_back(random.index(static_cast<std::int64_t>(shape[i])));
    }
    const std::int64_t column = random.number(0, static_cast<std::int64_t>(shape[3]) - 3);
    indices.push_back(
        {std::to_string(column) + ":" + std::to_string(column + 2),
         {static_cast<std::uint64_t>(column), static_cast<std::uint64_t>(column) + 1}});
    const std::string expression = "a[" + indices[0].text + "," + indices[1].text + "," +
                                   indices[2].text + "," + indices[3].text + "]";
    bytes expected;
    pick(symbol, shape, indices, 1, 0, 0, expected);
    const selection selected = resolve(s.c, expression);
    const ranges planned = plan_ranges(selected, 1);
    expect_rising_apart(planned, symbol.size());
    most_ranges = std::max(most_ranges, planned.size());
    ASSERT_EQ(gather(selected, 1, planned, fetch(symbol, planned)), expected) << expression;
  }
  EXPECT_GT(most_ranges, 2u);
}

TEST(selection_ranges, members_of_slices_bring_what_picking_one_by_one_brings) {
  const catalogue c = test::sample_catalogue();
  const bytes symbol = pattern(8 * 36);
  generator random;
  for (int round = 0; round < 300; ++round) {
    const random_index cell = random.index(8);
    const random_index axis = random.index(3);
    const selection s = resolve(c, "cells[" + cell.text + "].v[" + axis.text + "]");
    bytes expected;
    for (const std::uint64_t i : cell.selected) {
      for (const std::uint64_t j : axis.selected) {
        const auto first = symbol.begin() + static_cast<std::ptrdiff_t>(i * 36 + 4 + j * 4);
        expected.insert(expected.end(), first, first + 4);
      }
    }
    const ranges planned = plan_ranges(s, 4);
    ASSERT_EQ(gather(s, 4, planned, fetch(symbol, planned)), expected) << s.expression;
  }
}

}  // namespace
}  // namespace rk::model
