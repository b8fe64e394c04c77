#include <string>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/model/selection.hpp>

#include "sample_catalogue.hpp"

namespace rk::model {
namespace {

using dims = std::vector<dimension>;

class selection_resolve : public testing::Test {
 protected:
  [[nodiscard]] selection of(std::string_view expression) const { return resolve(c_, expression); }

  /// Name of the symbol that `expression` selects from.
  [[nodiscard]] std::string symbol_of(std::string_view expression) const {
    return c_.find(of(expression).symbol)->name;
  }

  template <class Error>
  [[nodiscard]] std::string refusal(std::string_view expression) const {
    try {
      (void)of(expression);
      return "accepted";
    } catch (const Error& e) {
      return e.what();
    }
  }

  catalogue c_ = test::sample_catalogue();
};

TEST_F(selection_resolve, a_name_alone_is_the_whole_symbol) {
  const selection s = of("pressure");
  EXPECT_EQ(s.expression, "pressure");
  EXPECT_EQ(s.offset, 0u);
  EXPECT_EQ(s.dimensions, (dims{{24, 2304}, {24, 96}, {24, 4}}));
  EXPECT_EQ(s.count(), 13824u);
  EXPECT_EQ(of("step").dimensions, dims{});
  EXPECT_EQ(of("step").count(), 1u);
}

TEST_F(selection_resolve, indices_drop_dimensions_and_ranges_keep_them) {
  EXPECT_EQ(of("pressure[12,:,:]").dimensions, (dims{{24, 96}, {24, 4}}));
  EXPECT_EQ(of("pressure[12,:,:]").offset, 12 * 2304u);
  EXPECT_EQ(of("pressure[12]").dimensions, of("pressure[12,:,:]").dimensions);
  EXPECT_EQ(of("pressure[1,2,3]").offset, 2304 + 2 * 96 + 3 * 4u);
  EXPECT_EQ(of("pressure[:,0:1]").shape(), (std::vector<std::uint64_t>{24, 1, 24}));
}

TEST_F(selection_resolve, negative_indices_count_from_the_end) {
  EXPECT_EQ(of("pressure[-1,-24,-2]").offset, 23 * 2304 + 0 + 22 * 4u);
  EXPECT_EQ(of("pressure[-3:,0,0]").dimensions, (dims{{3, 2304}}));
  EXPECT_EQ(of("pressure[-3:,0,0]").offset, 21 * 2304u);
}

TEST_F(selection_resolve, ranges_clip_as_numpy_clips_them) {
  EXPECT_EQ(of("fluid::density[10:99]").dimensions, (dims{{6, 4}}));
  EXPECT_EQ(of("fluid::density[-99:2]").dimensions, (dims{{2, 4}}));
  EXPECT_EQ(of("fluid::density[5:5]").count(), 0u);
  EXPECT_EQ(of("fluid::density[9:3]").count(), 0u);
  EXPECT_EQ(of("fluid::density[99:]").count(), 0u);
  EXPECT_EQ(of("fluid::density[:-99]").count(), 0u);
  EXPECT_EQ(of("fluid::density[-9223372036854775808:9223372036854775807]").count(), 16u);
}

TEST_F(selection_resolve, steps_of_any_size_stay_within_the_array) {
  EXPECT_EQ(of("fluid::density[::5]").dimensions, (dims{{4, 20}}));
  EXPECT_EQ(of("fluid::density[1:7:3]").dimensions, (dims{{2, 12}}));
  EXPECT_EQ(of("fluid::density[3::9223372036854775807]").dimensions, (dims{{1, 4}}));
  EXPECT_EQ(of("fluid::density[3::9223372036854775807]").offset, 12u);
}

TEST_F(selection_resolve, a_second_bracket_indexes_what_the_first_one_left) {
  EXPECT_EQ(of("pressure[1][2][3]").offset, of("pressure[1,2,3]").offset);
  EXPECT_EQ(of("pressure[4:8][1]").offset, 5 * 2304u);
  EXPECT_EQ(of("pressure[::2][1:3]").dimensions, (dims{{2, 4608}, {24, 96}, {24, 4}}));
}

TEST_F(selection_resolve, a_member_of_a_slice_is_that_member_of_every_element) {
  const selection s = of("cells[2:6].what");
  EXPECT_EQ(s.offset, 2 * 36 + 16u);
  EXPECT_EQ(s.dimensions, (dims{{4, 36}}));
  EXPECT_EQ(c_.types[s.type].name, "material");
  EXPECT_EQ(of("cells.p").dimensions, (dims{{8, 36}}));
}

TEST_F(selection_resolve, an_array_member_appends_its_extents) {
  EXPECT_EQ(of("cells.v").dimensions, (dims{{8, 36}, {3, 4}}));
  EXPECT_EQ(of("cells[1].tag").dimensions, (dims{{2, 8}, {2, 4}}));
  EXPECT_EQ(of("cells[1].tag").offset, 36 + 20u);
  EXPECT_EQ(c_.types[of("cells.tag").type].name, "int");
}

TEST_F(selection_resolve, brackets_behind_an_array_member_slice_that_member_only) {
  EXPECT_EQ(of("cells[::2].v[1]").dimensions, (dims{{4, 72}}));
  EXPECT_EQ(of("cells[::2].v[1]").offset, 4 + 4u);
  EXPECT_EQ(of("cells.tag[1,:]").dimensions, (dims{{8, 36}, {2, 4}}));
  EXPECT_EQ(refusal<invalid_argument>("cells.p[0]"), "cells.p[0]: too many indices for shape []");
}

TEST_F(selection_resolve, an_array_of_arrays_has_all_their_dimensions) {
  EXPECT_EQ(of("tiles").dimensions, (dims{{4, 72}, {2, 36}}));
  EXPECT_EQ(of("tiles[3,1].v[2]").offset, 3 * 72 + 36 + 4 + 8u);
  EXPECT_EQ(c_.types[of("tiles").type].how, encoding::structure);
}

TEST_F(selection_resolve, names_with_dots_and_files_win_over_members) {
  EXPECT_EQ(symbol_of("cells.extra"), "cells.extra");
  EXPECT_EQ(symbol_of("cells.extra[1]"), "cells.extra");
  EXPECT_EQ(symbol_of("cells.p"), "cells");
  EXPECT_EQ(symbol_of("counter@a.cu"), "counter@a.cu");
  EXPECT_EQ(symbol_of("rk.wave.actors[1]"), "rk.wave.actors");
  EXPECT_EQ(symbol_of("fluid::only@c.cu[2]"), "fluid::only@c.cu");
}

TEST_F(selection_resolve, an_unqualified_name_may_have_a_path) {
  EXPECT_EQ(symbol_of("density[3]"), "fluid::density");
  EXPECT_EQ(of("only[3]").offset, 12u);
}

TEST_F(selection_resolve, an_index_out_of_range_is_told_with_the_shape) {
  EXPECT_EQ(refusal<invalid_argument>("pressure[99,0,0]"),
            "pressure[99,0,0]: index 99 is out of range for dimension 0 of shape [24,24,24]");
  EXPECT_EQ(refusal<invalid_argument>("pressure[0,:,-25]"),
            "pressure[0,:,-25]: index -25 is out of range for dimension 2 of shape [24,24,24]");
  EXPECT_EQ(refusal<invalid_argument>("pressure[24]"),
            "pressure[24]: index 24 is out of range for dimension 0 of shape [24,24,24]");
  EXPECT_EQ(refusal<invalid_argument>("empty[0]"),
            "empty[0]: index 0 is out of range for dimension 0 of shape [0,3]");
  EXPECT_EQ(refusal<invalid_argument>("pressure[-9223372036854775808]"),
            "pressure[-9223372036854775808]: index -9223372036854775808 is out of range for "
            "dimension 0 of shape [24,24,24]");
}

TEST_F(selection_resolve, too_many_indices_are_told_with_the_shape) {
  EXPECT_EQ(refusal<invalid_argument>("pressure[0,0,0,0]"),
            "pressure[0,0,0,0]: too many indices for shape [24,24,24]");
  EXPECT_EQ(refusal<invalid_argument>("step[0]"), "step[0]: too many indices for shape []");
}

TEST_F(selection_resolve, an_unknown_member_is_answered_with_the_nearest) {
  c_.types.add(test::structure("wide", 4, {{"pressure", 0, type_id{0}}, {"p2", 0, type_id{0}}}));
  test::add_symbol(c_, "w", static_cast<type_id>(c_.types.size() - 1), {2});
  EXPECT_EQ(refusal<not_found>("w[0].presure"),
            "w[0].presure: wide has no member 'presure'. Did you mean 'pressure'?");
  EXPECT_EQ(refusal<not_found>("w.zzz"),
            "w.zzz: wide has no member 'zzz'. Its members: 'pressure', 'p2'.");
  EXPECT_EQ(refusal<not_found>("step.x"), "step.x: u64 has no member 'x'.");
}

TEST_F(selection_resolve, an_unknown_symbol_is_answered_with_the_nearest) {
  EXPECT_EQ(refusal<not_found>("presure[0]"), "no symbol 'presure'. Did you mean 'pressure'?");
}

TEST_F(selection_resolve, an_empty_array_has_an_empty_selection) {
  EXPECT_EQ(of("empty").shape(), (std::vector<std::uint64_t>{0, 3}));
  EXPECT_EQ(of("empty").count(), 0u);
  EXPECT_EQ(of("empty[:,1]").count(), 0u);
}

TEST_F(selection_resolve, a_hostile_expression_has_an_end) {
  EXPECT_NE(refusal<invalid_argument>(std::string(1 << 20, 'x')).find("longer than"),
            std::string::npos);
}

TEST_F(selection_resolve, a_symbol_larger_than_memory_is_refused) {
  symbol& s = test::add_symbol(c_, "huge", type_id{0}, {});
  s.shape = {std::uint64_t{1} << 40, std::uint64_t{1} << 40};
  EXPECT_NE(refusal<invalid_argument>("huge").find("larger than any memory"), std::string::npos);
}

}  // namespace
}  // namespace rk::model
