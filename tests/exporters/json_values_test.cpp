#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/exporters/json.hpp>

#include "exporters/values.hpp"

namespace rk::exporters {
namespace {

using model::encoding;
using test::bytes_of;
using test::scalars;

template <class... T>
std::string text_of(const std::string& name, encoding how, std::vector<std::uint64_t> shape,
                    const T&... values) {
  const auto s = scalars(name, how, std::move(shape), values...);
  return to_text(array_to_json(s.types, s.value), -1);
}

TEST(json_values, names_the_floats_that_json_cannot_hold) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(text_of("float", encoding::floating, {3}, std::nanf(""), inf, -inf),
            R"(["NaN","Infinity","-Infinity"])");
  EXPECT_EQ(text_of("double", encoding::floating, {}, std::nan("")), R"("NaN")");
}

TEST(json_values, writes_a_float_with_its_own_digits_and_not_with_those_of_a_double) {
  EXPECT_EQ(text_of("float", encoding::floating, {2}, 0.1F, 16777216.0F), "[0.1,16777216]");
  EXPECT_EQ(text_of("double", encoding::floating, {}, 0.1), "0.1");
}

TEST(json_values, keeps_the_sign_of_zero) {
  EXPECT_EQ(text_of("float", encoding::floating, {2}, -0.0F, 0.0F), "[-0.0,0]");
}

TEST(json_values, reads_back_every_float_that_was_written) {
  for (const float f : {std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::max(),
                        std::numeric_limits<float>::lowest(), 1.0F / 3, 3.4e-38F, 1e20F}) {
    const auto read = json::parse(text_of("float", encoding::floating, {}, f)).get<float>();
    EXPECT_EQ(read, f);
  }
  for (const double d :
       {std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::max(),
        9007199254740993.0, 1e22, 123456789012345678.0}) {
    EXPECT_EQ(json::parse(text_of("double", encoding::floating, {}, d)).get<double>(), d);
  }
}

TEST(json_values, keeps_all_digits_of_the_extreme_integers) {
  EXPECT_EQ(text_of("long", encoding::signed_integer, {2}, std::numeric_limits<std::int64_t>::min(),
                    std::numeric_limits<std::int64_t>::max()),
            "[-9223372036854775808,9223372036854775807]");
  EXPECT_EQ(text_of("unsigned long", encoding::unsigned_integer, {},
                    std::numeric_limits<std::uint64_t>::max()),
            "18446744073709551615");
  EXPECT_EQ(text_of("signed char", encoding::signed_integer, {}, std::int8_t{-128}), "-128");
}

TEST(json_values, writes_truth_values_characters_and_small_floats_as_what_they_are) {
  EXPECT_EQ(text_of("bool", encoding::boolean, {2}, true, false), "[true,false]");
  EXPECT_EQ(text_of("char", encoding::character, {2}, 'a', '\n'), R"(["a","\\n"])");
  EXPECT_EQ(text_of("__half", encoding::floating, {}, std::uint16_t{0x3c00}), "1");
  EXPECT_EQ(text_of("__nv_bfloat16", encoding::brain_floating, {}, std::uint16_t{0x4049}), "3.14");
}

TEST(json_values, names_an_enumerator_and_gives_the_number_of_one_without_a_name) {
  model::type_table types;
  const auto id =
      types.add(model::test::enumeration("material", 4, true, {{"air", -1}, {"water", 2}}));
  const model::array_value value{id, {3}, bytes_of(-1, 2, 7)};
  EXPECT_EQ(to_text(array_to_json(types, value), -1), R"(["air","water",7])");
}

TEST(json_values, writes_a_structure_as_an_object_with_lists_for_its_arrays) {
  model::type_table types;
  const auto cell = model::test::add_cell(types);
  const auto bytes = bytes_of(1.5F, 1.0F, 2.0F, 3.0F, 2, 10, 11, 20, 21);
  EXPECT_EQ(to_text(element_to_json(types, cell, bytes), -1),
            R"({"p":1.5,"v":[1,2,3],"what":"water","tag":[[10,11],[20,21]]})");
}

TEST(json_values, writes_all_bytes_that_it_does_not_understand) {
  model::type_table types;
  const auto id = types.add_scalar("blob", encoding::opaque, 40);
  std::vector<std::byte> bytes(40, std::byte{0xa5});
  EXPECT_EQ(element_to_json(types, id, bytes).get<std::string>().size(), 2 + 2 * 40);
}

TEST(json_values, keeps_the_shape_of_what_is_empty) {
  model::type_table types;
  const auto f32 = types.add_scalar("float", encoding::floating, 4);
  EXPECT_EQ(to_text(array_to_json(types, {f32, {0}, {}}), -1), "[]");
  EXPECT_EQ(to_text(array_to_json(types, {f32, {2, 0, 3}, {}}), -1), "[[],[]]");
  EXPECT_EQ(to_text(array_to_json(types, {f32, {0, 5}, {}}), -1), "[]");
}

TEST(json_values, refuses_a_value_that_is_cut_short) {
  model::type_table types;
  const auto f64 = types.add_scalar("double", encoding::floating, 8);
  EXPECT_THROW(static_cast<void>(element_to_json(types, f64, bytes_of(1.0F))), incompatible);
}

TEST(json_values, gives_up_on_a_type_of_one_byte_with_more_parts_than_anybody_can_write) {
  model::type_table types;
  const auto endless = test::add_overlapping(types, 50);
  EXPECT_THROW(static_cast<void>(element_to_json(types, endless, bytes_of('x'))), incompatible);
}

TEST(json_values, gives_up_on_a_shape_of_endless_empty_lists) {
  model::type_table types;
  const auto f32 = types.add_scalar("float", encoding::floating, 4);
  const model::array_value value{f32, {std::uint64_t{1} << 40, 0}, {}};
  EXPECT_THROW(static_cast<void>(array_to_json(types, value)), incompatible);
}

TEST(json_values, replaces_bytes_that_are_no_utf8_so_that_the_document_stays_readable) {
  EXPECT_EQ(to_text(json("a\xff"), -1), "\"a\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace rk::exporters
