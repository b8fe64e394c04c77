#include <cstring>
#include <fstream>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/storage/atomic_file.hpp>
#include <rk/storage/crc32c.hpp>
#include <rk/storage/tensor_file.hpp>

#include "support/temporary_folder.hpp"

namespace rk::storage {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(crc32c, agrees_with_the_standards_own_example_however_it_is_cut) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c(bytes_of("6789"), crc32c(bytes_of("12345"))), 0xe3069283U);
  EXPECT_EQ(crc32c({}), 0U);
}

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class tensor_file : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path at(const char* name) const { return folder_.path() / name; }

  /// Two tensors, of 12 and 2 bytes, written in pieces that end where no tensor does.
  void write_two(const std::filesystem::path& path) const {
    atomic_file to(path);
    tensor_writer w(to, {{"a", "F32", {3}, 0, 12}, {"b", "U8", {2, 1}, 0, 2}}, {{"k", "v"}});
    w.append(bytes_of("abcdefg"));
    w.append(bytes_of("hijklmn"));
    w.commit();
  }
  [[nodiscard]] std::size_t entries() const {
    const std::filesystem::directory_iterator all(folder_.path());
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  test::temporary_folder folder_;
};

TEST_F(tensor_file, gives_back_what_was_written) {
  write_two(at("f"));
  const tensor_reader r(at("f"));
  ASSERT_EQ(r.tensors().size(), 2U);
  EXPECT_EQ(text_of(r.read(*r.find("a"))), "abcdefghijkl");
  EXPECT_EQ(text_of(r.read(*r.find("b"))), "mn");
  EXPECT_EQ(r.find("b")->shape, (std::vector<std::uint64_t>{2, 1}));
  EXPECT_EQ(r.notes().at("k"), "v");
  EXPECT_EQ(r.find("c"), nullptr);
  EXPECT_NO_THROW(r.verify_all());
  EXPECT_EQ((std::filesystem::file_size(at("f")) - 14) % data_alignment, 0U);
}

TEST_F(tensor_file, is_the_same_in_memory) {
  write_two(at("f"));
  memory_output to(4);
  tensor_writer w(to, {{"a", "F32", {3}, 0, 12}, {"b", "U8", {2, 1}, 0, 2}}, {{"k", "v"}});
  w.append(bytes_of("abcdefghijklmn"));
  w.commit();
  std::ifstream file(at("f"), std::ios::binary);
  const std::string expected(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(text_of(std::move(to).take()), expected);
}

TEST_F(tensor_file, a_document_is_called_one) {
  write_file(at("d.json"), R"({"schema": "rk-inspect/dump/1"})");
  try {
    tensor_reader(at("d.json"));
    FAIL() << "no exception";
  } catch (const incompatible& e) {
    EXPECT_NE(std::string(e.what()).find("JSON text"), std::string::npos) << e.what();
  }
}

TEST(memory_output, nothing_can_be_written_over_that_was_not_written) {
  memory_output to(0);
  to.write(bytes_of("abc"));
  EXPECT_THROW(to.rewrite(2, bytes_of("xy")), invalid_argument);
  EXPECT_THROW(to.rewrite(4, {}), invalid_argument);
  to.rewrite(1, bytes_of("xy"));
  EXPECT_EQ(text_of(std::move(to).take()), "axy");
}

TEST_F(tensor_file, appears_with_its_last_byte_and_not_before) {
  {
    atomic_file to(at("f"));
    tensor_writer w(to, {{"a", "U8", {4}, 0, 4}}, {});
    w.append(bytes_of("abc"));
    EXPECT_THROW(w.commit(), invalid_argument);
    EXPECT_FALSE(std::filesystem::exists(at("f")));
  }
  EXPECT_EQ(entries(), 0U);
}

TEST_F(tensor_file, takes_no_more_bytes_than_it_has_room_for) {
  memory_output to(0);
  tensor_writer w(to, {{"a", "U8", {4}, 0, 4}, {"empty", "F64", {0, 3}, 0, 0}}, {});
  EXPECT_THROW(w.append(bytes_of("abcde")), invalid_argument);
}

TEST_F(tensor_file, refuses_to_write_what_no_reader_takes) {
  memory_output to(0);
  EXPECT_THROW(tensor_writer(to, {{"a", "U8", {4}, 0, 5}}, {}), invalid_argument);
  EXPECT_THROW(tensor_writer(to, {{"a", "U9", {4}, 0, 4}}, {}), invalid_argument);
  EXPECT_THROW(tensor_writer(to, {{"a", "U8", {1}, 0, 1}, {"a", "U8", {1}, 0, 1}}, {}),
               invalid_argument);
  EXPECT_TRUE(std::move(to).take().empty());
}

TEST_F(tensor_file, no_flipped_bit_goes_unnoticed) {
  write_two(at("f"));
  std::string good;
  {
    std::ifstream file(at("f"), std::ios::binary);
    good.assign(std::istreambuf_iterator<char>(file), {});
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
    std::ofstream(at("bad"), std::ios::binary) << bad;
    EXPECT_THROW(tensor_reader(at("bad")).verify_all(), incompatible) << "byte " << i;
  }
}

/// Why a header is refused.
std::string refusal(std::string_view json, std::uint64_t data_bytes) {
  try {
    static_cast<void>(parse_tensor_header(json, data_bytes));
  } catch (const incompatible& e) {
    return e.what();
  }
  return "nothing";
}

TEST(tensor_header, names_what_is_wrong) {
  const auto one = [](const char* rest) { return R"({"a":)" + std::string(rest) + "}"; };
  EXPECT_EQ(refusal("{}", 0), "nothing");
  EXPECT_EQ(refusal(one(R"({"dtype":"U8","shape":[2],"data_offsets":[0,2]})"), 2), "nothing");
  const struct {
    std::string json;
    std::uint64_t bytes;
    const char* why;
  } cases[] = {
      {"", 0, "no JSON object"},
      {"[]", 0, "no JSON object"},
      {"{", 0, "no JSON object"},
      {one(R"({"dtype":"U8","shape":[2],"data_offsets":[0,2]})"), 1, "cut short"},
      {one(R"({"dtype":"U8","shape":[2],"data_offsets":[0,2]})"), 3, "goes on for 1 bytes"},
      {one(R"({"dtype":"U8","shape":[2],"data_offsets":[2,0]})"), 2, "no range"},
      {one(R"({"dtype":"U8","shape":[3],"data_offsets":[0,2]})"), 2, "does not fit the shape"},
      {one(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]})"), 0,
       "does not fit the shape"},
      {one(R"({"dtype":"X8","shape":[2],"data_offsets":[0,2]})"), 2, "dtype"},
      {one(R"({"dtype":"U8","shape":[-2],"data_offsets":[0,2]})"), 2, "shape"},
      {one(R"({"dtype":"U8","shape":[1.5],"data_offsets":[0,2]})"), 2, "shape"},
      {one(R"({"dtype":"U8","data_offsets":[0,2]})"), 2, "shape"},
      {one(R"({"dtype":"U8","shape":[[[[[[]]]]]],"data_offsets":[0,2]})"), 2, "nested"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},
           "b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       3, "'b' overlaps"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},
           "b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})",
       5, "'b' leaves a gap"},
      {R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},
           "a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
       0, "'a' stands twice"},
      {R"({"__metadata__":{"k":1}})", 0, "__metadata__"},
      {R"({"__metadata__":[]})", 0, "__metadata__"},
  };
  for (const auto& c : cases) {
    EXPECT_NE(refusal(c.json, c.bytes).find(c.why), std::string::npos)
        << c.json << ": " << refusal(c.json, c.bytes);
  }
}

}  // namespace
}  // namespace rk::storage
