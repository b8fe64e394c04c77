#pragma once

#include <cstdint>
#include <string>

#include "render/terminal.hpp"

namespace rk::render {

/// A colour on the screen, sRGB.
struct rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  bool operator==(const rgb&) const = default;
};

/// How numbers become colours.
enum class colour_map {
  sequential,  ///< dark violet, blue, teal, green, yellow: lightness grows evenly with the value
  diverging,   ///< dark blue, white, dark red: white is the middle, both sides weigh the same
};

/// The colour at `position` in [0, 1]; positions outside are clamped, NaN counts as 0. Equal steps
/// of the position are equally large steps to the eye: both maps have constant speed in Oklab (B.
/// Ottosson, "A perceptual color space for image processing", 2020).
[[nodiscard]] rgb colour_at(colour_map map, double position);

/// Marks of cells that hold no number, far from every colour of the maps.
inline constexpr rgb nan_colour{255, 0, 255};
inline constexpr rgb infinite_colour{0, 255, 0};

/// The nearest of the 240 fixed colours of a 256-colour terminal (16..255).
[[nodiscard]] int nearest_of_256(rgb colour);

/// Whether a colour is meant for the character or for what is behind it.
enum class layer { foreground, background };

/// The SGR sequence that selects the colour, 24-bit or of the 256; empty without colour.
[[nodiscard]] std::string select_colour(rgb colour, layer of, const terminal& where);

/// The SGR sequence that ends all colours; empty without colour.
[[nodiscard]] std::string reset_colour(const terminal& where);

}  // namespace rk::render
