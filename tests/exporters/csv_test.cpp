#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/exporters/csv.hpp>

#include "exporters/values.hpp"

namespace rk::exporters {
namespace {

using model::encoding;
using test::bytes_of;
using test::scalars;

TEST(csv, is_a_header_and_one_value_for_a_scalar) {
  const auto s = scalars("int", encoding::signed_integer, {}, -3);
  EXPECT_EQ(to_csv(s.types, s.value), "value\r\n-3\r\n");
}

TEST(csv, counts_the_last_index_fastest) {
  const auto s = scalars("int", encoding::signed_integer, {2, 2}, 1, 2, 3, 4);
  EXPECT_EQ(to_csv(s.types, s.value), "i,j,value\r\n0,0,1\r\n0,1,2\r\n1,0,3\r\n1,1,4\r\n");
}

TEST(csv, numbers_the_indices_beyond_three_dimensions) {
  const auto s = scalars("int", encoding::signed_integer, {1, 1, 1, 1}, 1);
  EXPECT_EQ(to_csv(s.types, s.value), "i0,i1,i2,i3,value\r\n0,0,0,0,1\r\n");
}

TEST(csv, has_a_column_for_each_member_and_element_of_a_structure) {
  model::type_table types;
  const auto cell = model::test::add_cell(types);
  const model::array_value value{cell, {1}, bytes_of(1.5F, 1.0F, 2.0F, 3.0F, 2, 10, 11, 20, 21)};
  EXPECT_EQ(to_csv(types, value),
            "i,p,v[0],v[1],v[2],what,\"tag[0,0]\",\"tag[0,1]\",\"tag[1,0]\",\"tag[1,1]\"\r\n"
            "0,1.5,1,2,3,water,10,11,20,21\r\n");
}

TEST(csv, joins_the_names_of_nested_members) {
  model::type_table types;
  const auto i32 = types.add_scalar("int", encoding::signed_integer, 4);
  const auto inner = types.add(model::test::structure("inner", 4, {{"n", 0, i32}}));
  const auto outer =
      types.add(model::test::structure("outer", 8, {{"a", 0, inner}, {"b", 4, inner}}));
  EXPECT_EQ(to_csv(types, {outer, {}, bytes_of(1, 2)}), "a.n,b.n\r\n1,2\r\n");
}

TEST(csv, quotes_what_would_break_a_line_or_a_field) {
  model::type_table types;
  const auto odd = types.add(
      model::test::enumeration("odd", 4, true, {{"a,b", 0}, {"say \"x\"", 1}, {"two\nlines", 2}}));
  EXPECT_EQ(to_csv(types, {odd, {3}, bytes_of(0, 1, 2)}),
            "i,value\r\n0,\"a,b\"\r\n1,\"say \"\"x\"\"\"\r\n2,\"two\nlines\"\r\n");
  const auto character = scalars("char", encoding::character, {2}, ',', '"');
  EXPECT_EQ(to_csv(character.types, character.value), "i,value\r\n0,\"','\"\r\n1,\"'\"\"'\"\r\n");
}

TEST(csv, leaves_out_no_byte_of_what_it_does_not_understand) {
  model::type_table types;
  const auto blob = types.add_scalar("blob", encoding::opaque, 40);
  const std::string text = to_csv(types, {blob, {}, std::vector<std::byte>(40, std::byte{0xa5})});
  EXPECT_EQ(
      text, "value\r\n0x" + [] {
        std::string hex;
        for (int i = 0; i < 40; ++i) hex += "a5";
        return hex;
      }() + "\r\n");
}

TEST(csv, is_only_a_header_for_what_is_empty) {
  model::type_table types;
  const auto f32 = types.add_scalar("float", encoding::floating, 4);
  EXPECT_EQ(to_csv(types, {f32, {0, 3}, {}}), "i,j,value\r\n");
}

TEST(csv, gives_up_on_a_type_with_more_columns_than_anybody_can_write) {
  model::type_table types;
  const auto endless = test::add_overlapping(types, 50);
  EXPECT_THROW(static_cast<void>(to_csv(types, {endless, {}, bytes_of('x')})), incompatible);
}

}  // namespace
}  // namespace rk::exporters
