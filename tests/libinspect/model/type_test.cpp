#include <stdexcept>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/model/type.hpp>

#include "sample_catalogue.hpp"

namespace rk::model {
namespace {

constexpr auto last_encoding = static_cast<std::uint8_t>(encoding::opaque);

TEST(type, every_encoding_survives_text_and_back) {
  for (std::uint8_t i = 0; i <= last_encoding; ++i) {
    const auto e = static_cast<encoding>(i);
    EXPECT_NE(to_string(e), "unknown") << int{i};
    EXPECT_EQ(parse_encoding(to_string(e)), e);
  }
}

TEST(type, a_value_outside_the_enumeration_has_a_text_but_no_way_back) {
  EXPECT_EQ(to_string(static_cast<encoding>(last_encoding + 1)), "unknown");
  EXPECT_THROW((void)parse_encoding("unknown"), incompatible);
  EXPECT_THROW((void)parse_encoding(""), incompatible);
}

TEST(type, equal_types_do_not_fill_the_table) {
  type_table types;
  const type_id a = types.add_scalar("float", encoding::floating, 4);
  const type_id b = types.add_scalar("double", encoding::floating, 8);
  EXPECT_EQ(types.add_scalar("float", encoding::floating, 4), a);
  EXPECT_EQ(types.add_scalar("double", encoding::floating, 8), b);
  EXPECT_EQ(types.size(), 2u);
}

TEST(type, types_that_differ_in_one_field_stay_apart) {
  type_table types;
  const type_id f = types.add_scalar("t", encoding::floating, 4);
  const type_id i = types.add_scalar("t", encoding::signed_integer, 4);
  const type_id one = types.add(test::structure("s", 8, {{"a", 0, f}}));
  const type_id moved = types.add(test::structure("s", 8, {{"a", 4, f}}));
  const type_id other = types.add(test::structure("s", 8, {{"a", 0, i}}));
  EXPECT_EQ(types.size(), 5u);
  EXPECT_EQ(types[one].members[0].offset, 0u);
  EXPECT_EQ(types[moved].members[0].offset, 4u);
  EXPECT_EQ(types[other].members[0].type, i);
}

TEST(type, ids_stay_places_while_entries_come_in_any_order) {
  type_table types;
  for (const char* name : {"m", "z", "a", "q", "b"}) {
    const type_id id = types.add_scalar(name, encoding::opaque, 1);
    EXPECT_EQ(types[id].name, name);
    EXPECT_EQ(static_cast<std::size_t>(id) + 1, types.size());
  }
  EXPECT_EQ(static_cast<std::size_t>(types.add_scalar("a", encoding::opaque, 1)), 2u);
}

TEST(type, a_table_cannot_hold_a_cycle) {
  type_table types;
  EXPECT_THROW(types.add(test::array_of(type_id{0}, 4, {2})), std::invalid_argument);
  EXPECT_THROW(types.add(test::structure("s", 4, {{"self", 0, type_id{0}}})),
               std::invalid_argument);
  EXPECT_EQ(types.size(), 0u);
}

TEST(type, a_missing_entry_is_an_error_and_no_wild_read) {
  const type_table types;
  EXPECT_THROW((void)types[type_id{0}], std::out_of_range);
}

TEST(type, short_names_are_those_of_the_field) {
  const auto name = [](encoding how, std::uint64_t size) {
    type_table types;
    return short_name(types[types.add_scalar("own", how, size)]);
  };
  EXPECT_EQ(name(encoding::boolean, 1), "bool");
  EXPECT_EQ(name(encoding::character, 1), "char");
  EXPECT_EQ(name(encoding::character, 4), "char32");
  EXPECT_EQ(name(encoding::signed_integer, 8), "i64");
  EXPECT_EQ(name(encoding::unsigned_integer, 2), "u16");
  EXPECT_EQ(name(encoding::floating, 2), "f16");
  EXPECT_EQ(name(encoding::floating, 4), "f32");
  EXPECT_EQ(name(encoding::brain_floating, 2), "bf16");
  EXPECT_EQ(name(encoding::pointer, 8), "ptr");
  EXPECT_EQ(name(encoding::enumeration, 4), "own");
  EXPECT_EQ(name(encoding::structure, 4), "own");
  EXPECT_EQ(name(encoding::opaque, 4), "own");
}

TEST(type, what_has_parts_is_no_scalar) {
  for (std::uint8_t i = 0; i <= last_encoding; ++i) {
    type t;
    t.how = static_cast<encoding>(i);
    const bool has_parts =
        t.how == encoding::structure || t.how == encoding::array || t.how == encoding::opaque;
    EXPECT_EQ(is_scalar(t), !has_parts) << to_string(t.how);
  }
}

}  // namespace
}  // namespace rk::model
