#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <rk/error.hpp>
#include <rk/model/catalogue.hpp>

#include "sample_catalogue.hpp"

namespace rk::model {
namespace {

using nlohmann::json;
using pointer = json::json_pointer;

[[nodiscard]] json sample() {
  return json::parse(to_json_text(test::sample_catalogue()));
}

/// What parse_catalogue says of `text`; empty if it accepts it.
[[nodiscard]] std::string refusal(std::string_view text) {
  try {
    (void)parse_catalogue(text);
    return {};
  } catch (const incompatible& e) {
    return e.what();
  }
}

/// What parse_catalogue says of the sample with `value` at `place`.
[[nodiscard]] std::string refusal_with(const std::string& place, const json& value) {
  json document = sample();
  document.at(pointer(place)) = value;
  return refusal(document.dump());
}

void expect_refusal(const std::string& place, const json& value, std::string_view names) {
  const std::string text = refusal_with(place, value);
  EXPECT_NE(text.find(names), std::string::npos)
      << place << " = " << value.dump().substr(0, 80) << ": '" << text << "'";
}

/// Calls `visit` with the place of every field of every object in `value`.
void for_each_field(const json& value, const pointer& at,
                    const std::function<void(const pointer&, const std::string&)>& visit) {
  if (!value.is_structured()) return;
  for (const auto& [key, part] : value.items()) {
    const pointer inner = value.is_array() ? at / std::stoul(key) : at / key;
    if (value.is_object()) visit(inner, key);
    for_each_field(part, inner, visit);
  }
}

TEST(catalogue_json, nothing_is_lost_on_the_way_to_text_and_back) {
  const catalogue before = test::sample_catalogue();
  const catalogue c = parse_catalogue(to_json_text(before));
  EXPECT_EQ(to_json_text(c), to_json_text(before));
  EXPECT_EQ(c.revision, 7u);
  EXPECT_EQ(c.target.program, "/usr/bin/wave");
  EXPECT_EQ(c.target.build_id, "0123abcd");
  EXPECT_EQ(c.target.device_clock_offset_ns, -12);
  EXPECT_EQ(c.types.entries(), before.types.entries());
  ASSERT_EQ(c.symbols.size(), before.symbols.size());
  EXPECT_EQ(c.symbols[0].shape, (std::vector<std::uint64_t>{24, 24, 24}));
  EXPECT_EQ(c.symbols[0].where->offset, 4096u);
  EXPECT_FALSE(c.symbols[1].where.has_value());
  EXPECT_TRUE(c.symbols[1].checkpoint);
  EXPECT_EQ(c.symbols[0].source.line, 12u);
  EXPECT_EQ(c.segments[1].what, segment::kind::host);
  EXPECT_TRUE(c.segments[1].writable);
  EXPECT_EQ(c.kernels[0].actors, before.kernels[0].actors);
  EXPECT_EQ(c.kernels[0].block.x, 128u);
  EXPECT_TRUE(c.kernels[0].launched);
}

TEST(catalogue_json, every_enumerator_survives_text_and_back) {
  catalogue c = test::sample_catalogue();
  for (const synchrony sync : {synchrony::grid, synchrony::independent}) {
    for (const instrumentation level : {instrumentation::off, instrumentation::progress}) {
      c.kernels[0].sync = sync;
      c.kernels[0].level = level;
      const catalogue read = parse_catalogue(to_json_text(c));
      EXPECT_EQ(read.kernels[0].sync, sync);
      EXPECT_EQ(read.kernels[0].level, level);
    }
  }
}

TEST(catalogue_json, extreme_numbers_survive) {
  catalogue c = test::sample_catalogue();
  c.revision = ~std::uint64_t{0};
  c.target.started_unix_ns = INT64_MIN;
  c.target.gpu_index = INT32_MIN;
  c.types.add(test::enumeration("edge", 8, true, {{"low", INT64_MIN}, {"high", INT64_MAX}}));
  const catalogue read = parse_catalogue(to_json_text(c));
  EXPECT_EQ(read.revision, c.revision);
  EXPECT_EQ(read.target.started_unix_ns, INT64_MIN);
  EXPECT_EQ(read.target.gpu_index, INT32_MIN);
  EXPECT_EQ(read.types.entries(), c.types.entries());
}

TEST(catalogue_json, an_empty_session_has_a_catalogue_too) {
  EXPECT_EQ(refusal(to_json_text(catalogue{})), "");
}

TEST(catalogue_json, fields_of_a_later_version_are_ignored) {
  json document = sample();
  document["later"] = {{"deep", {1, 2, {{"x", nullptr}}}}};
  document["symbols"][0]["later"] = "text";
  EXPECT_EQ(refusal(document.dump()), "");
}

TEST(catalogue_json, a_name_that_is_not_utf8_does_not_stop_the_writer) {
  catalogue c = test::sample_catalogue();
  c.symbols[0].name = "bad\xff";
  EXPECT_EQ(parse_catalogue(to_json_text(c)).symbols[0].name, "bad\xef\xbf\xbd");
}

TEST(catalogue_json, no_field_may_be_missing) {
  const json document = sample();
  std::size_t fields = 0;
  for_each_field(document, pointer(), [&](const pointer& at, const std::string& key) {
    json damaged = document;
    damaged.at(at.parent_pointer()).erase(key);
    const std::string text = refusal(damaged.dump());
    EXPECT_NE(text.find(key + " is missing"), std::string::npos) << at << ": '" << text << "'";
    ++fields;
  });
  EXPECT_GT(fields, 100u);
}

TEST(catalogue_json, no_field_may_be_of_another_type) {
  const json document = sample();
  const std::vector<json> others = {nullptr,       true,           1.5,  -1, "x\n",
                                    json::array(), json::object(), 1e300};
  for_each_field(document, pointer(), [&](const pointer& at, const std::string& key) {
    const json& old = document.at(at);
    for (const json& other : others) {
      const bool is_nullable = key == "where" && other.is_null();
      const bool fits =
          other.type() == old.type() || (old.is_number() && other.is_number_integer());
      if (is_nullable || (fits && key != "name")) continue;
      json damaged = document;
      damaged.at(at) = other;
      EXPECT_NE(refusal(damaged.dump()).find(key), std::string::npos) << at << " = " << other;
    }
  });
}

TEST(catalogue_json, text_that_is_not_json_is_refused_with_its_place) {
  EXPECT_NE(refusal("").find("no JSON at byte"), std::string::npos);
  EXPECT_NE(refusal("{\"schema\":").find("no JSON at byte"), std::string::npos);
  EXPECT_NE(refusal("[]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(refusal("{} x").find("no JSON at byte 4"), std::string::npos);
  EXPECT_NE(refusal("{\"a\":\"\xff\"}").find("no JSON at byte"), std::string::npos);
  EXPECT_NE(refusal("{\"a\":1e999}").find("out of range"), std::string::npos);
}

TEST(catalogue_json, a_text_of_any_length_is_not_parsed) {
  const std::string text(max_catalogue_bytes + 1, ' ');
  EXPECT_NE(refusal(text).find("longer than"), std::string::npos);
}

TEST(catalogue_json, nested_text_does_not_exhaust_the_stack) {
  EXPECT_NE(refusal(std::string(max_catalogue_bytes, '[')).find("too deeply"), std::string::npos);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_NE(refusal(objects).find("too deeply"), std::string::npos);
  EXPECT_EQ(refusal(R"({"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""})").find("too deeply"),
            std::string::npos);
}

TEST(catalogue_json, another_schema_is_not_guessed_at) {
  expect_refusal("/schema", "rk-inspect/catalogue/2", "catalogue.schema");
}

TEST(catalogue_json, types_refer_to_earlier_types_only) {
  json document = sample();
  json& types = document["types"];
  const std::size_t last = types.size() - 1;
  const json self = {{"name", "s"},
                     {"encoding", "structure"},
                     {"size_bytes", 4},
                     {"members", {{{"name", "m"}, {"offset_bytes", 0}, {"type", last}}}}};
  expect_refusal("/types/" + std::to_string(last), self, "members refers to a type");
  const json array = {{"name", "a"},
                      {"encoding", "array"},
                      {"size_bytes", 4},
                      {"element", 0xffff'ffffu},
                      {"extents", {1}}};
  expect_refusal("/types/" + std::to_string(last), array, "element refers to a type");
}

TEST(catalogue_json, a_repeated_type_cannot_shift_the_ids_of_others) {
  json document = sample();
  const json first = document["types"][0];
  expect_refusal("/types/1", first, "types[1]");
}

TEST(catalogue_json, members_stay_within_their_structure) {
  const type_table types = test::sample_catalogue().types;
  std::size_t cell = 0;
  while (types.entries()[cell].name != "fluid::cell") ++cell;
  const std::string place = "/types/" + std::to_string(cell);
  expect_refusal(place + "/members/0/offset_bytes", 33, "members[0] reaches out");
  expect_refusal(place + "/members/0/offset_bytes", 37, "members[0] reaches out");
  expect_refusal(place + "/members/0/offset_bytes", ~std::uint64_t{0}, "offset_bytes");
  expect_refusal(place + "/size_bytes", 35, "reaches out");
  expect_refusal(place + "/size_bytes", 0, "zero");
}

TEST(catalogue_json, an_array_is_as_large_as_its_elements) {
  const type_table types = test::sample_catalogue().types;
  std::size_t array = 0;
  while (types.entries()[array].how != encoding::array) ++array;
  const std::string place = "/types/" + std::to_string(array);
  expect_refusal(place + "/extents", {4}, "size_bytes is not the product");
  expect_refusal(place + "/extents", json::array(), "extents is empty");
  expect_refusal(place + "/extents", {std::uint64_t{1} << 63, 8}, "extent larger");
  expect_refusal(place + "/extents", json(std::vector<int>(17, 1)), "more than 16");
  expect_refusal(place + "/extents", {-3}, "whole number");
}

TEST(catalogue_json, types_cannot_nest_until_a_reader_overflows_its_stack) {
  catalogue c;
  type_id t = c.types.add_scalar("x", encoding::opaque, 1);
  for (std::uint64_t i = 1; i < max_type_depth; ++i) t = c.types.add(test::array_of(t, 1, {1}));
  EXPECT_EQ(refusal(to_json_text(c)), "");
  c.types.add(test::array_of(t, 1, {1}));
  EXPECT_NE(refusal(to_json_text(c)).find("nested too deeply"), std::string::npos);
}

TEST(catalogue_json, a_symbol_is_as_large_as_its_shape) {
  expect_refusal("/symbols/0/bytes", 55295, "but shape and type make 55296");
  expect_refusal("/symbols/0/shape", {24, 24}, "symbols[0].bytes");
  expect_refusal("/symbols/0/shape", {1ull << 40, 1ull << 40}, "shape is larger");
  expect_refusal("/symbols/0/shape", {0, 1ull << 40, 1ull << 40}, "shape is larger");
  expect_refusal("/symbols/0/shape", {1ull << 43}, "shape is larger");
  expect_refusal("/symbols/0/shape", json(std::vector<int>(17, 1)), "shape has more than 16");
  expect_refusal("/symbols/0/type", 1000, "symbols[0].type");
  expect_refusal("/symbols/0/type", 0x1'0000'0000, "symbols[0].type");
}

TEST(catalogue_json, a_location_lies_within_its_segment) {
  expect_refusal("/symbols/0/where/offset_bytes", (1u << 20) - 55295, "where reaches out");
  EXPECT_EQ(refusal_with("/symbols/0/where/offset_bytes", (1u << 20) - 55296), "");
  expect_refusal("/symbols/0/where/offset_bytes", ~std::uint64_t{0}, "where reaches out");
  expect_refusal("/symbols/0/where/segment", 9, "where.segment");
}

TEST(catalogue_json, names_are_unique_and_harmless_to_a_terminal) {
  expect_refusal("/symbols/1/name", "pressure", "symbols[1].name is taken");
  expect_refusal("/symbols/1/name", "", "symbols[1].name is empty");
  expect_refusal("/symbols/1/name", std::string(1025, 'x'), "symbols[1].name is longer");
  for (const char* hostile : {"a\x1b[2J", "a\n", "a\x7f", "a\xc2\x9b", "\r"}) {
    expect_refusal("/symbols/1/name", hostile, "symbols[1].name has control");
    expect_refusal("/target/program", hostile, "target.program has control");
    expect_refusal("/symbols/1/note", hostile, "note has control");
    expect_refusal("/kernels/0/name", hostile, "kernels[0].name has control");
    expect_refusal("/types/0/name", hostile, "types[0].name has control");
  }
  EXPECT_EQ(refusal_with("/symbols/1/name", "größe::ρ"), "");
  expect_refusal("/symbols/1/name", std::string("a\0b", 3), "control");
}

TEST(catalogue_json, identities_are_unique) {
  expect_refusal("/symbols/1/id", 0, "symbols[1].id is taken");
  expect_refusal("/segments/1/id", 1, "segments[1].id is taken");
  json document = sample();
  document["kernels"].push_back(document["kernels"][0]);
  EXPECT_NE(refusal(document.dump()).find("kernels[1].id is taken"), std::string::npos);
  document["kernels"][1]["id"] = 1;
  EXPECT_NE(refusal(document.dump()).find("kernels[1].actors is another"), std::string::npos);
}

TEST(catalogue_json, a_kernel_has_as_many_records_as_actors) {
  expect_refusal("/kernels/0/actor_count", 3, "actors is a symbol that does not hold");
  expect_refusal("/kernels/0/actor_count", max_actors + 1, "actor_count is larger");
  expect_refusal("/kernels/0/actors", 0, "actors is a symbol that does not hold");
  expect_refusal("/kernels/0/actors", 999, "actors is no symbol");
  expect_refusal("/kernels/0/name", "", "kernels[0].name is empty");
}

TEST(catalogue_json, a_launch_has_a_countable_extent) {
  expect_refusal("/kernels/0/grid", {2, 1}, "grid has not three");
  expect_refusal("/kernels/0/grid", {0, 1, 1}, "grid is no extent");
  expect_refusal("/kernels/0/block", {0xffff'ffffu, 0xffff'ffffu, 2}, "block is no extent");
  expect_refusal("/kernels/0/block", {1ull << 32, 1, 1}, "block has an extent");
}

TEST(catalogue_json, an_enumeration_of_a_later_version_is_refused_by_field) {
  expect_refusal("/types/0/encoding", "complex", "types[0].encoding");
  expect_refusal("/segments/0/kind", "disk", "segments[0].kind");
  expect_refusal("/kernels/0/synchrony", "some", "kernels[0].synchrony");
  expect_refusal("/kernels/0/instrumentation", "9", "kernels[0].instrumentation");
}

TEST(catalogue_json, counts_beyond_the_limits_are_refused) {
  expect_refusal("/symbols", json(std::vector<int>(max_symbols + 1)),
                 "symbols has more than 65536");
  expect_refusal("/types", json(std::vector<int>(max_types + 1)), "types has more than 65536");
  expect_refusal("/segments", json(std::vector<int>(max_segments + 1)), "segments has more");
  expect_refusal("/kernels", json(std::vector<int>(max_kernels + 1)), "kernels has more");
}

TEST(catalogue_json, a_full_catalogue_is_read) {
  catalogue c;
  const type_id f32 = c.types.add_scalar("float", encoding::floating, 4);
  for (std::uint64_t i = 1; i < 20'000; ++i) c.types.add(test::array_of(f32, 4, {i}));
  for (int i = 0; i < 40'000; ++i) test::add_symbol(c, "s" + std::to_string(i), f32, {});
  const catalogue read = parse_catalogue(to_json_text(c));
  EXPECT_EQ(read.symbols.size(), 40'000u);
  EXPECT_EQ(read.types.size(), 20'000u);
}

}  // namespace
}  // namespace rk::model
