#include "render/png.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <stdlib.h>

#include <rk/error.hpp>

#include "render/picture.hpp"
#include "test_support.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wunused-function"
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace rk::render {
namespace {

namespace fs = std::filesystem;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// A decoded file.
struct decoded {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> bytes;

  [[nodiscard]] rgb at(int x, int y) const {
    const auto i = 3 * static_cast<std::size_t>(y * width + x);
    return {bytes.at(i), bytes.at(i + 1), bytes.at(i + 2)};
  }
};

decoded decode(const fs::path& file) {
  decoded out;
  int channels = 0;
  stbi_uc* pixels = stbi_load(file.c_str(), &out.width, &out.height, &channels, 3);
  if (pixels == nullptr) return out;
  out.bytes.assign(pixels, pixels + 3 * static_cast<std::size_t>(out.width * out.height));
  stbi_image_free(pixels);
  return out;
}

/// A fresh folder a test.
class png_test : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "rk-png-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

std::string message_of(const fs::path& path) {
  try {
    write_png(path, canvas(2, 2, {}));
  } catch (const error& caught) {
    return caught.what();
  }
  return "";
}

TEST_F(png_test, a_heat_map_decodes_again_with_every_cell_in_its_place) {
  const std::vector<double> field{0, 1, nan_value, 0.5, infinity, 0.25};
  const fs::path file = folder_ / "field.png";
  write_heat_map_png(file, field, 2, 3);
  const picture drawn = draw_heat_map(field, 2, 3);
  const decoded seen = decode(file);
  ASSERT_EQ(seen.width, drawn.image.width());
  ASSERT_EQ(seen.height, drawn.image.height());
  EXPECT_EQ(drawn.plot.width, 3 * 171);
  EXPECT_EQ(drawn.plot.height, 2 * 171);
  const auto cell = [&](int row, int column, int dx, int dy) {
    return seen.at(drawn.plot.left + column * 171 + dx, drawn.plot.top + row * 171 + dy);
  };
  for (const int corner : {0, 170}) {
    EXPECT_EQ(cell(0, 0, corner, corner), colour_at(colour_map::sequential, 0));
    EXPECT_EQ(cell(0, 1, corner, corner), colour_at(colour_map::sequential, 1));
    EXPECT_EQ(cell(0, 2, corner, corner), nan_colour);
    EXPECT_EQ(cell(1, 0, corner, corner), colour_at(colour_map::sequential, 0.5));
    EXPECT_EQ(cell(1, 1, corner, corner), infinite_colour);
  }
  EXPECT_EQ(seen.at(0, 0), (rgb{255, 255, 255}));
}

TEST_F(png_test, the_colour_bar_runs_from_low_at_the_bottom_to_high_at_the_top) {
  const fs::path file = folder_ / "wave.png";
  write_heat_map_png(file, testing::radial_wave(24), 24, 24);
  const box bar = draw_heat_map(testing::radial_wave(24), 24, 24).bar;
  const decoded seen = decode(file);
  const int x = bar.left + bar.width / 2;
  EXPECT_EQ(seen.at(x, bar.top), colour_at(colour_map::diverging, 1));
  EXPECT_EQ(seen.at(x, bar.top + bar.height - 1), colour_at(colour_map::diverging, 0));
}

TEST_F(png_test, a_line_plot_decodes_again_with_its_line_where_the_values_are) {
  std::vector<double> values(101, 0.0);
  for (std::size_t i = 50; i < 101; ++i) values[i] = 1;
  values[10] = nan_value;
  const fs::path file = folder_ / "line.png";
  write_line_plot_png(file, values);
  const box plot = draw_line_plot(values).plot;
  const decoded seen = decode(file);
  ASSERT_EQ(seen.width, 1024);
  ASSERT_EQ(seen.height, 448);
  const auto is_line = [&](int x, int y) { return seen.at(x, y).red < 100; };
  const int middle = plot.top + plot.height / 2;
  EXPECT_TRUE(is_line(plot.left + plot.width / 4, plot.top + plot.height - 1));
  EXPECT_TRUE(is_line(plot.left + 3 * plot.width / 4, plot.top));
  EXPECT_FALSE(is_line(plot.left + plot.width / 4, middle));
  EXPECT_EQ(seen.at(plot.left + plot.width / 10, plot.top + plot.height - 5), nan_colour);
}

TEST_F(png_test, fields_of_every_shape_become_pictures_of_a_useful_size) {
  for (const std::size_t rows : {1U, 3U, 600U}) {
    for (const std::size_t columns : {1U, 40U, 3000U}) {
      const picture drawn = draw_heat_map(std::vector(rows * columns, 1.0), rows, columns);
      EXPECT_GE(std::max(drawn.plot.width, drawn.plot.height), 512);
      EXPECT_GE(std::min(drawn.plot.width, drawn.plot.height), 32);
      EXPECT_LE(std::max(drawn.plot.width, drawn.plot.height), 2048);
    }
  }
}

TEST_F(png_test, empty_data_is_refused_with_a_reason) {
  EXPECT_THROW((void)draw_heat_map({}, 0, 4), invalid_argument);
  EXPECT_THROW((void)draw_line_plot({}), invalid_argument);
  EXPECT_THROW((void)draw_heat_map(std::vector(3, 1.0), 2, 2), invalid_argument);
}

TEST_F(png_test, data_without_a_number_and_hostile_titles_do_not_crash) {
  heat_map_options field;
  line_plot_options line;
  field.title = line.title = "\xff\x7f 圧力\n" + std::string(5000, 'w');
  EXPECT_NO_THROW((void)draw_heat_map(std::vector(4, nan_value), 2, 2, field));
  EXPECT_NO_THROW((void)draw_line_plot(std::vector(4, infinity), line));
}

TEST_F(png_test, an_old_picture_is_replaced_and_nothing_is_left_beside_it) {
  const fs::path file = folder_ / "a.png";
  std::ofstream(file) << "old";
  write_png(file, canvas(3, 2, {1, 2, 3}));
  EXPECT_EQ(decode(file).at(2, 1), (rgb{1, 2, 3}));
  EXPECT_EQ(files(), 1U);
}

TEST_F(png_test, the_file_behind_a_symbolic_link_is_replaced_and_the_link_stays) {
  std::ofstream(folder_ / "real.png") << "old";
  fs::create_symlink("real.png", folder_ / "link.png");
  write_png(folder_ / "link.png", canvas(3, 2, {1, 2, 3}));
  EXPECT_TRUE(fs::is_symlink(folder_ / "link.png"));
  EXPECT_EQ(decode(folder_ / "real.png").width, 3);
}

TEST_F(png_test, failures_name_the_path_and_the_reason) {
  const std::string missing = message_of(folder_ / "no" / "a.png");
  EXPECT_NE(missing.find("no/a.png: No such file or directory"), std::string::npos) << missing;
  EXPECT_NE(message_of(folder_).find("it is a directory"), std::string::npos);
  EXPECT_EQ(files(), 0U);
}

TEST_F(png_test, a_full_disk_is_an_error_and_devices_are_not_replaced) {
  const std::string full = message_of("/dev/full");
  EXPECT_NE(full.find("No space left on device"), std::string::npos) << full;
  EXPECT_FALSE(fs::is_regular_file("/dev/full"));
}

TEST(canvas, drawing_outside_of_the_picture_is_cut_off) {
  canvas small(4, 4, {0, 0, 0});
  small.fill({-10, -10, 12, 12}, {9, 9, 9});
  small.text(-5, -5, "cut off on every side", {1, 1, 1});
  const std::vector<std::vector<point>> strokes{{{-100, 2}, {100, 2}}, {{2, 2}}};
  small.polylines(strokes, 2, {200, 0, 0});
  EXPECT_EQ(small.bytes()[3 * (4 * 2 + 3)], 200);
  EXPECT_THROW(canvas(0, 4, {}), invalid_argument);
  EXPECT_THROW(canvas(4, 1 << 20, {}), invalid_argument);
}

}  // namespace
}  // namespace rk::render
