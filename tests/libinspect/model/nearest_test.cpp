#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rk/model/nearest.hpp>

namespace rk::model {
namespace {

using names = std::vector<std::string>;

TEST(nearest, one_wrong_key_of_each_kind_is_forgiven) {
  const names all = {"pressure", "velocity"};
  for (const char* wrong : {"presure", "presssure", "pressuer", "prezsure"}) {
    EXPECT_EQ(nearest(wrong, all), names{"pressure"}) << wrong;
  }
}

TEST(nearest, edits_beyond_a_third_of_the_length_are_no_typing_error) {
  EXPECT_EQ(nearest("abcdef", {"abcdxy"}), names{"abcdxy"});
  EXPECT_EQ(nearest("abcdef", {"abcxyz"}), names{});
  EXPECT_EQ(nearest("ab", {"ac"}), names{});
}

TEST(nearest, a_swap_costs_one_edit_and_two_swaps_two) {
  EXPECT_EQ(nearest("abc", {"acb"}), names{"acb"});
  EXPECT_EQ(nearest("abcd", {"badc"}), names{});
  EXPECT_EQ(nearest("abcdxy", {"badcxy"}), names{"badcxy"});
}

TEST(nearest, names_that_contain_the_text_come_first_and_shortest_first) {
  EXPECT_EQ(nearest("press", {"presx", "pressure_old", "pressure"}),
            (names{"pressure", "pressure_old", "presx"}));
}

TEST(nearest, fewer_edits_come_before_more_and_order_is_kept_among_equals) {
  EXPECT_EQ(nearest("abcdefghi", {"abcdefgxx", "xbcdefghi", "abcdefghx"}),
            (names{"xbcdefghi", "abcdefghx", "abcdefgxx"}));
}

TEST(nearest, no_more_than_asked_for_and_none_twice) {
  EXPECT_EQ(nearest("a", {"a1", "a2", "a3", "a4"}, 2), (names{"a1", "a2"}));
  EXPECT_EQ(nearest("a", {"a1", "a1", "a1"}), names{"a1"});
  EXPECT_EQ(nearest("a", {"a1"}, 0), names{});
}

TEST(nearest, an_empty_text_is_like_nothing) {
  EXPECT_EQ(nearest("", {"a"}), names{});
}

TEST(nearest, a_hostile_length_does_not_cost_the_product_of_lengths) {
  const std::string a(100'000, 'a');
  EXPECT_EQ(nearest(a, names(100, std::string(100'001, 'b'))), names{});
}

TEST(nearest, the_question_reads_as_a_sentence) {
  EXPECT_EQ(did_you_mean("zz", {"pressure"}), "");
  EXPECT_EQ(did_you_mean("presure", {"pressure"}), " Did you mean 'pressure'?");
  EXPECT_EQ(did_you_mean("a", {"a1", "a2"}), " Did you mean 'a1' or 'a2'?");
  EXPECT_EQ(did_you_mean("a", {"a1", "a2", "a3"}), " Did you mean 'a1', 'a2' or 'a3'?");
}

}  // namespace
}  // namespace rk::model
