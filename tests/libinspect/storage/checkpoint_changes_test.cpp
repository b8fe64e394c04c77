#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/storage/checkpoint_file.hpp>

namespace rk::storage {
namespace {

using protocol::changed_range;

std::vector<model::symbol> two_symbols() {
  std::vector<model::symbol> symbols(2);
  symbols[0].id = model::symbol_id{3};
  symbols[0].bytes = 100;
  symbols[1].id = model::symbol_id{5};
  symbols[1].bytes = 10;
  return symbols;
}

TEST(by_symbol, sorts_what_a_target_tells_in_one_list) {
  const std::vector<changed_range> told{{3, 0, 10}, {5, 2, 8}, {3, 50, 50}};
  const auto changes = by_symbol(two_symbols(), told);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].ranges, (std::vector<model::byte_range>{{0, 10}, {50, 50}}));
  EXPECT_EQ(changes[1].ranges, (std::vector<model::byte_range>{{2, 8}}));
}

TEST(by_symbol, what_no_reader_would_take_is_not_written) {
  constexpr std::uint64_t most = ~std::uint64_t{0};
  const std::vector<std::vector<changed_range>> cases{
      {{4, 0, 1}},                 // nobody asked for that
      {{3, 0, 0}},                 // empty
      {{3, 0, 101}},               // longer than the symbol
      {{3, 0, most}},              //
      {{3, most, 1}},              // wraps
      {{3, 50, most - 40}},        //
      {{3, 0, 10}, {3, 9, 10}},    // overlaps
      {{3, 50, 10}, {3, 20, 10}},  // falls
  };
  for (const auto& told : cases) {
    EXPECT_THROW(static_cast<void>(by_symbol(two_symbols(), told)), incompatible)
        << told.front().symbol << " " << told.front().offset << " " << told.front().bytes;
  }
}

TEST(stored_ranges, are_all_of_a_symbol_whose_changes_nobody_tells) {
  const auto symbols = two_symbols();
  EXPECT_EQ(stored_ranges(symbols[0], {}), (std::vector<model::byte_range>{{0, 100}}));
  EXPECT_EQ(stored_ranges(symbols[0], {{symbols[0].id, {}}}), std::vector<model::byte_range>{});
}

}  // namespace
}  // namespace rk::storage
