#include "render/canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

#include <rk/error.hpp>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_easy_font.h>
#pragma GCC diagnostic pop

namespace rk::render {
namespace {

constexpr int letter_scale = 2;

/// The text as the font knows it: printable ASCII, one '?' for each other character.
std::string drawable(std::string_view line) {
  std::string out;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else if ((byte & 0xC0U) != 0x80U) {
      out += '?';
    }
  }
  return out;
}

double distance_to_segment(double x, double y, const point& from, const point& to) {
  const double dx = to.x - from.x, dy = to.y - from.y;
  const double squared = dx * dx + dy * dy;
  const double along = squared > 0 ? ((x - from.x) * dx + (y - from.y) * dy) / squared : 0;
  const double part = std::clamp(along, 0.0, 1.0);
  return std::hypot(x - from.x - part * dx, y - from.y - part * dy);
}

/// How much of each pixel a set of strokes covers, 0 to 1.
class coverage {
 public:
  coverage(int width, int height)
      : width_(width),
        height_(height),
        part_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {}

  [[nodiscard]] float& at(int x, int y) {
    return part_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
                 static_cast<std::size_t>(x)];
  }

  void add(const point& from, const point& to, double thickness) {
    const double reach = thickness / 2 + 1;
    const auto bounded = [](double place, int most) {
      return static_cast<int>(std::clamp(place, 0.0, static_cast<double>(most)));
    };
    const int right = bounded(std::max(from.x, to.x) + reach + 1, width_);
    const int bottom = bounded(std::max(from.y, to.y) + reach + 1, height_);
    for (int y = bounded(std::min(from.y, to.y) - reach, height_); y < bottom; ++y) {
      for (int x = bounded(std::min(from.x, to.x) - reach, width_); x < right; ++x) {
        const double gap = distance_to_segment(x, y, from, to);
        const double inside = std::clamp(thickness / 2 + 0.5 - gap, 0.0, 1.0);
        at(x, y) = std::max(at(x, y), static_cast<float>(inside));
      }
    }
  }

 private:
  int width_;
  int height_;
  std::vector<float> part_;
};

}  // namespace

canvas::canvas(int width, int height, rgb background) : width_(width), height_(height) {
  constexpr int longest = 16384;
  if (width < 1 || height < 1 || width > longest || height > longest) {
    throw invalid_argument("a picture of " + std::to_string(width) + " x " +
                           std::to_string(height) + " pixels; each side is 1 to 16384");
  }
  bytes_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  fill({0, 0, width, height}, background);
}

void canvas::blend(int x, int y, rgb colour, double part) {
  const std::size_t pixel =
      static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x);
  const std::array<std::uint8_t, 3> wanted{colour.red, colour.green, colour.blue};
  for (std::size_t i = 0; i < 3; ++i) {
    std::uint8_t& channel = bytes_[3 * pixel + i];
    channel = static_cast<std::uint8_t>(std::lround(std::lerp(channel, wanted[i], part)));
  }
}

void canvas::fill(const box& area, rgb colour) {
  const int right = std::min(area.left + area.width, width_);
  const int bottom = std::min(area.top + area.height, height_);
  for (int y = std::max(area.top, 0); y < bottom; ++y) {
    for (int x = std::max(area.left, 0); x < right; ++x) blend(x, y, colour, 1);
  }
}

void canvas::frame(const box& area, int thickness, rgb colour) {
  const int t = thickness;
  fill({area.left - t, area.top - t, area.width + 2 * t, t}, colour);
  fill({area.left - t, area.top + area.height, area.width + 2 * t, t}, colour);
  fill({area.left - t, area.top, t, area.height}, colour);
  fill({area.left + area.width, area.top, t, area.height}, colour);
}

void canvas::polylines(std::span<const std::vector<point>> strokes, double thickness, rgb colour) {
  coverage covered(width_, height_);
  for (const auto& stroke : strokes) {
    if (stroke.size() == 1) covered.add(stroke[0], stroke[0], thickness);
    for (std::size_t i = 1; i < stroke.size(); ++i) {
      covered.add(stroke[i - 1], stroke[i], thickness);
    }
  }
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      if (const float part = covered.at(x, y); part > 0) blend(x, y, colour, part);
    }
  }
}

void canvas::text(int x, int top, std::string_view line, rgb colour, anchor at) {
  constexpr std::size_t quad_bytes = 64, quads_a_letter = 16, corner_bytes = 16;
  std::string letters = drawable(line);
  if (at == anchor::centre) x -= text_width(line) / 2;
  if (at == anchor::right) x -= text_width(line);
  std::vector<float> quads((letters.size() + 1) * quads_a_letter * quad_bytes / sizeof(float));
  const int drawn = stb_easy_font_print(0, 0, letters.data(), nullptr, quads.data(),
                                        static_cast<int>(quads.size() * sizeof(float)));
  for (int i = 0; i < drawn; ++i) {
    const float* corner = quads.data() + static_cast<std::size_t>(i) * quad_bytes / sizeof(float);
    const float* opposite = corner + 2 * corner_bytes / sizeof(float);
    const auto scaled = [](float place) { return static_cast<int>(place) * letter_scale; };
    fill({x + scaled(corner[0]), top + scaled(corner[1]), scaled(opposite[0] - corner[0]),
          scaled(opposite[1] - corner[1])},
         colour);
  }
}

int canvas::text_width(std::string_view line) {
  std::string letters = drawable(line);
  return stb_easy_font_width(letters.data()) * letter_scale;
}

}  // namespace rk::render
