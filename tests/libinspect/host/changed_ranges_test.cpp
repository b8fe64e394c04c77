// What an incremental checkpoint is told of what changed, where that does not fit in an answer.
#include "host/changed_ranges.hpp"

#include <gtest/gtest.h>

namespace rk::host {
namespace {

using ranges = std::vector<protocol::changed_range>;

constexpr std::uint64_t page = 64u << 10;

bool equal(const ranges& a, const ranges& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.symbol == y.symbol && x.offset == y.offset && x.bytes == y.bytes;
  });
}

TEST(changed_ranges, neighbours_are_one_and_symbols_stay_apart) {
  EXPECT_TRUE(
      equal(joined({{1, 0, page}, {1, page, 5}, {2, 0, 5}}, 100), {{1, 0, page + 5}, {2, 0, 5}}));
  EXPECT_TRUE(joined({}, 0).empty());
}

TEST(changed_ranges, too_many_are_joined_over_the_smallest_gaps) {
  const ranges all{{1, 0, page}, {1, 2 * page, page}, {1, 40 * page, page}};
  EXPECT_TRUE(equal(joined(all, 3), all));
  EXPECT_TRUE(equal(joined(all, 2), {{1, 0, 3 * page}, {1, 40 * page, page}}));
  EXPECT_TRUE(equal(joined(all, 1), {{1, 0, 41 * page}}));
}

TEST(changed_ranges, one_a_symbol_is_the_least) {
  const ranges all{{1, 0, 5}, {2, 0, 5}};
  EXPECT_TRUE(equal(joined(all, 1), all));
}

}  // namespace
}  // namespace rk::host
