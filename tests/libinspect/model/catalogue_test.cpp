#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/model/catalogue.hpp>

#include "sample_catalogue.hpp"

namespace rk::model {
namespace {

[[nodiscard]] std::string refusal(const catalogue& c, std::string_view name) {
  try {
    return "resolved to " + c.resolve(name).name;
  } catch (const not_found& e) {
    return e.what();
  }
}

[[nodiscard]] bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(catalogue, an_exact_name_wins_over_the_end_of_another) {
  catalogue c = test::sample_catalogue();
  test::add_symbol(c, "other::pressure", type_id{0}, {});
  EXPECT_EQ(c.resolve("pressure").id, symbol_id{0});
}

TEST(catalogue, a_unique_name_needs_no_namespace_and_no_file) {
  const catalogue c = test::sample_catalogue();
  EXPECT_EQ(c.resolve("density").name, "fluid::density");
  EXPECT_EQ(c.resolve("only").name, "fluid::only@c.cu");
  EXPECT_EQ(c.resolve("fluid::only").name, "fluid::only@c.cu");
  EXPECT_EQ(c.resolve("only@c.cu").name, "fluid::only@c.cu");
}

TEST(catalogue, a_tail_that_does_not_start_at_a_scope_matches_nothing) {
  const catalogue c = test::sample_catalogue();
  EXPECT_TRUE(has(refusal(c, "ensity"), "no symbol 'ensity'"));
  EXPECT_TRUE(has(refusal(c, ":density"), "no symbol"));
  EXPECT_TRUE(has(refusal(c, ""), "no symbol ''"));
}

TEST(catalogue, an_ambiguous_name_lists_its_candidates) {
  const std::string text = refusal(test::sample_catalogue(), "counter");
  EXPECT_TRUE(has(text, "'counter@a.cu', 'counter@b.cu'")) << text;
}

TEST(catalogue, many_candidates_do_not_fill_the_screen) {
  catalogue c = test::sample_catalogue();
  for (int i = 0; i < 1000; ++i) {
    test::add_symbol(c, "n" + std::to_string(i) + "::x", type_id{0}, {});
  }
  const std::string text = refusal(c, "x");
  EXPECT_TRUE(has(text, "'n7::x', ...")) << text;
  EXPECT_FALSE(has(text, "n8::x"));
}

TEST(catalogue, a_typing_error_is_answered_with_the_name_that_was_meant) {
  const catalogue c = test::sample_catalogue();
  EXPECT_EQ(refusal(c, "presure"), "no symbol 'presure'. Did you mean 'pressure'?");
  EXPECT_EQ(refusal(c, "densty"), "no symbol 'densty'. Did you mean 'density'?");
}

TEST(catalogue, a_name_like_no_other_is_answered_with_where_to_look) {
  EXPECT_TRUE(has(refusal(test::sample_catalogue(), "zzzzzz"), "rk-inspect symbols"));
}

TEST(catalogue, a_hostile_name_cannot_steer_the_terminal_through_the_message) {
  const std::string text = refusal(test::sample_catalogue(),
                                   "a\x1b[2J\n\xc2\x9b"
                                   "b");
  EXPECT_TRUE(has(text, "'a?[2J??b'")) << text;
}

TEST(catalogue, ids_that_are_not_places_are_found) {
  catalogue c = test::sample_catalogue();
  c.symbols.erase(c.symbols.begin());
  ASSERT_NE(c.find(symbol_id{2}), nullptr);
  EXPECT_EQ(c.find(symbol_id{2})->name, "cells");
  EXPECT_EQ(c.find(symbol_id{0}), nullptr);
  EXPECT_EQ(c.find(symbol_id{0xffff'ffff}), nullptr);
}

TEST(catalogue, kernels_are_found_by_name) {
  const catalogue c = test::sample_catalogue();
  ASSERT_NE(c.find_kernel("wave"), nullptr);
  EXPECT_EQ(c.find_kernel("wave")->id, kernel_id{3});
  EXPECT_EQ(c.find_kernel("wav"), nullptr);
}

TEST(catalogue, sizes_that_overflow_are_refused_even_behind_a_zero) {
  EXPECT_EQ(bytes_of({}, 8), 8u);
  EXPECT_EQ(bytes_of({2, 3}, 4), 24u);
  EXPECT_EQ(bytes_of({5, 0, 3}, 4), 0u);
  constexpr std::uint64_t big = std::uint64_t{1} << 32;
  EXPECT_THROW((void)bytes_of({big, big}, 1), incompatible);
  EXPECT_THROW((void)bytes_of({0, big, big}, 1), incompatible);
  EXPECT_THROW((void)bytes_of({2}, std::numeric_limits<std::uint64_t>::max()), incompatible);
}

}  // namespace
}  // namespace rk::model
