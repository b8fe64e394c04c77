#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rk/exporters/npy.hpp>

#include "exporters/values.hpp"

namespace rk::exporters {
namespace {

using model::encoding;
using test::bytes_of;

std::string descr_of(encoding how, std::uint64_t size) {
  model::type_table types;
  return numpy_descr(types, types.add_scalar("t", how, size));
}

/// The parts of a file, taken apart after NumPy's description of the format.
struct npy_parts {
  int version = 0;
  std::size_t data_at = 0;
  std::string header;
};

npy_parts take_apart(const std::vector<std::byte>& file) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(file.at(i)); };
  npy_parts p;
  p.version = static_cast<int>(at(6));
  const std::size_t prefix = p.version == 1 ? 10 : 12;
  const std::size_t length =
      at(8) + (at(9) << 8) + (p.version == 1 ? 0 : (at(10) << 16) + (at(11) << 24));
  p.data_at = prefix + length;
  p.header.assign(reinterpret_cast<const char*>(file.data()) + prefix, length);
  return p;
}

TEST(npy, names_each_scalar_as_numpy_does) {
  EXPECT_EQ(descr_of(encoding::boolean, 1), "'|b1'");
  EXPECT_EQ(descr_of(encoding::character, 1), "'|u1'");
  EXPECT_EQ(descr_of(encoding::signed_integer, 8), "'<i8'");
  EXPECT_EQ(descr_of(encoding::unsigned_integer, 2), "'<u2'");
  EXPECT_EQ(descr_of(encoding::pointer, 8), "'<u8'");
  EXPECT_EQ(descr_of(encoding::floating, 2), "'<f2'");
  EXPECT_EQ(descr_of(encoding::floating, 8), "'<f8'");
}

TEST(npy, gives_raw_bytes_for_what_numpy_does_not_have) {
  EXPECT_EQ(descr_of(encoding::brain_floating, 2), "'|V2'");
  EXPECT_EQ(descr_of(encoding::floating, 1), "'|V1'");
  EXPECT_EQ(descr_of(encoding::floating, 16), "'|V16'");
  EXPECT_EQ(descr_of(encoding::signed_integer, 16), "'|V16'");
  EXPECT_EQ(descr_of(encoding::opaque, 40), "'|V40'");
}

TEST(npy, takes_the_sign_of_an_enumeration_from_its_integer) {
  model::type_table types;
  EXPECT_EQ(numpy_descr(types, types.add(model::test::enumeration("s", 4, true, {}))), "'<i4'");
  EXPECT_EQ(numpy_descr(types, types.add(model::test::enumeration("u", 1, false, {}))), "'|u1'");
}

TEST(npy, fills_the_gaps_of_a_structure) {
  model::type_table types;
  const auto i8 = types.add_scalar("signed char", encoding::signed_integer, 1);
  const auto f64 = types.add_scalar("double", encoding::floating, 8);
  const auto padded =
      types.add(model::test::structure("padded", 24, {{"a", 0, i8}, {"b", 8, f64}, {"c", 16, i8}}));
  EXPECT_EQ(numpy_descr(types, padded),
            "[('a', '|i1'), ('', '|V7'), ('b', '<f8'), ('c', '|i1'), ('', '|V7'), ]");
}

TEST(npy, gives_raw_bytes_for_a_union) {
  model::type_table types;
  EXPECT_EQ(numpy_descr(types, test::add_overlapping(types, 1)), "'|V1'");
}

TEST(npy, leaves_out_members_of_no_bytes) {
  model::type_table types;
  const auto i32 = types.add_scalar("int", encoding::signed_integer, 4);
  const auto none = types.add(model::test::array_of(i32, 4, {0}));
  const auto tail =
      types.add(model::test::structure("tail", 4, {{"n", 0, i32}, {"data", 4, none}}));
  EXPECT_EQ(numpy_descr(types, tail), "[('n', '<i4'), ]");
}

TEST(npy, escapes_what_would_end_the_literal) {
  model::type_table types;
  const auto i32 = types.add_scalar("int", encoding::signed_integer, 4);
  const auto odd = types.add(model::test::structure("odd", 4, {{"a'\\\n", 0, i32}}));
  EXPECT_EQ(numpy_descr(types, odd), R"([('a\'\\\x0a', '<i4'), ])");
}

TEST(npy, starts_the_data_on_a_boundary_of_64_bytes_behind_a_newline) {
  for (std::uint64_t extent = 1; extent < 1'000'000'000'000; extent *= 10) {
    const auto file = encode_npy("'<f4'", {extent}, bytes_of(1.0F));
    const npy_parts p = take_apart(file);
    EXPECT_EQ(std::memcmp(file.data(), "\x93NUMPY", 6), 0);
    EXPECT_EQ(p.version, 1);
    EXPECT_EQ(p.data_at % 64, 0U);
    EXPECT_EQ(p.header.back(), '\n');
    EXPECT_EQ(file.size(), p.data_at + 4);
  }
}

TEST(npy, spells_shapes_as_python_tuples) {
  const auto header = [](const std::vector<std::uint64_t>& shape) {
    return take_apart(encode_npy("'<f4'", shape, {})).header;
  };
  EXPECT_THAT(header({}), testing::HasSubstr("'shape': ()"));
  EXPECT_THAT(header({3}), testing::HasSubstr("'shape': (3,)"));
  EXPECT_THAT(header({0, 2}), testing::HasSubstr("'shape': (0,2,)"));
}

TEST(npy, takes_the_second_format_for_a_header_that_the_first_cannot_hold) {
  const std::string descr(70'000, ' ');
  const auto p = take_apart(encode_npy(descr + "'<f4'", {}, bytes_of(1.0F)));
  EXPECT_EQ(p.version, 2);
  EXPECT_EQ(p.data_at % 64, 0U);
  EXPECT_GT(p.header.size(), 70'000U);
}

TEST(npy, takes_the_third_format_for_names_beyond_ascii) {
  EXPECT_EQ(take_apart(encode_npy("[('größe', '<f4'), ]", {}, bytes_of(1.0F))).version, 3);
}

}  // namespace
}  // namespace rk::exporters
