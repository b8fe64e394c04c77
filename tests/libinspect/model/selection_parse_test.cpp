#include <string>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/model/selection.hpp>

namespace rk::model {
namespace {

using indices = std::vector<slice_index>;

[[nodiscard]] slice_index at(std::int64_t i) {
  return {false, i, std::nullopt, 1};
}

[[nodiscard]] slice_index range(std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                                std::int64_t step = 1) {
  return {true, start, stop, step};
}

[[nodiscard]] indices only_bracket(std::string_view text) {
  const std::vector<path_step> steps = parse_path(text);
  return steps.size() == 1 ? std::get<indices>(steps[0]) : indices{};
}

void expect_refusal(std::string_view text, std::string_view why) {
  try {
    (void)parse_path(text);
    ADD_FAILURE() << text << " was accepted";
  } catch (const invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find(why), std::string::npos) << e.what();
  }
}

TEST(selection_parse, nothing_behind_a_name_is_an_empty_path) {
  EXPECT_TRUE(parse_path("").empty());
}

TEST(selection_parse, every_form_of_an_index_is_read) {
  EXPECT_EQ(only_bracket("[3]"), indices{at(3)});
  EXPECT_EQ(only_bracket("[-1]"), indices{at(-1)});
  EXPECT_EQ(only_bracket("[:]"), indices{range({}, {})});
  EXPECT_EQ(only_bracket("[2:8]"), indices{range(2, 8)});
  EXPECT_EQ(only_bracket("[2:]"), indices{range(2, {})});
  EXPECT_EQ(only_bracket("[:-2]"), indices{range({}, -2)});
  EXPECT_EQ(only_bracket("[::4]"), indices{range({}, {}, 4)});
  EXPECT_EQ(only_bracket("[::]"), indices{range({}, {})});
  EXPECT_EQ(only_bracket("[1:9:2]"), indices{range(1, 9, 2)});
  EXPECT_EQ(only_bracket("[1:9:]"), indices{range(1, 9)});
  EXPECT_EQ(only_bracket("[12,:,::3]"), (indices{at(12), range({}, {}), range({}, {}, 3)}));
  EXPECT_EQ(only_bracket("[-9223372036854775808:9223372036854775807]"),
            indices{range(INT64_MIN, INT64_MAX)});
}

TEST(selection_parse, spaces_within_brackets_change_nothing) {
  EXPECT_EQ(only_bracket("[ 1 , 2 : 3 : 4 , : ]"), (indices{at(1), range(2, 3, 4), range({}, {})}));
}

TEST(selection_parse, brackets_and_members_follow_each_other_in_any_order) {
  const std::vector<path_step> steps = parse_path("[3,:].velocity[0].größe");
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(std::get<indices>(steps[0]), (indices{at(3), range({}, {})}));
  EXPECT_EQ(std::get<std::string>(steps[1]), "velocity");
  EXPECT_EQ(std::get<indices>(steps[2]), indices{at(0)});
  EXPECT_EQ(std::get<std::string>(steps[3]), "größe");
}

TEST(selection_parse, the_first_wrong_character_is_named_by_place) {
  expect_refusal("[", "expected an index or ':', at character 2");
  expect_refusal("[]", "expected an index or ':', at character 2");
  expect_refusal("[1", "expected ',' or ']', at character 3");
  expect_refusal("[1,]", "expected an index or ':', at character 4");
  expect_refusal("[1 2]", "expected ',' or ']', at character 4");
  expect_refusal("[1:2:3:4]", "expected ',' or ']', at character 7");
  expect_refusal("[x]", "expected an index or ':', at character 2");
  expect_refusal("[+1]", "expected an index or ':', at character 2");
  expect_refusal("[-]", "expected a digit behind '-', at character 2");
  expect_refusal("[1.5]", "expected ',' or ']', at character 3");
  expect_refusal("[0]p", "expected '[' or '.', at character 4");
  expect_refusal("[0] ", "expected '[' or '.', at character 4");
  expect_refusal(".", "expected a member's name, at character 2");
  expect_refusal("..p", "expected a member's name, at character 2");
  expect_refusal(".[0]", "expected a member's name, at character 2");
}

TEST(selection_parse, a_step_that_never_ends_is_refused) {
  expect_refusal("[::0]", "a step must be 1 or more, at character 4");
  expect_refusal("[::-1]", "a step must be 1 or more, at character 4");
}

TEST(selection_parse, a_number_too_large_does_not_wrap) {
  expect_refusal("[9223372036854775808]", "does not fit in 64 bits");
  expect_refusal("[-9223372036854775809]", "does not fit in 64 bits");
}

TEST(selection_parse, a_hostile_path_has_an_end) {
  std::string many_steps;
  for (int i = 0; i < 65; ++i) many_steps += ".a";
  expect_refusal(many_steps, "more than 64 steps");
  std::string many_indices = "[0";
  for (int i = 0; i < 64; ++i) many_indices += ",0";
  expect_refusal(many_indices + "]", "more than 64 indices");
  expect_refusal(std::string(1 << 20, '['), "longer than");
}

}  // namespace
}  // namespace rk::model
