#include "render/colour_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

namespace rk::render {
namespace {

/// A colour in Oklab's cylinder: lightness 0..1, chroma, hue in degrees.
struct station {
  double lightness;
  double chroma;
  double hue;
};

struct lab {
  double l;
  double a;
  double b;
};

using palette = std::array<rgb, 256>;

/// The way that each map takes; hue and chroma are interpolated between the stations. The lightness
/// of the sequential map is linear along its length. Chroma is cut where sRGB ends.
constexpr std::array sequential_way{station{0.23, 0.105, 308}, station{0.40, 0.125, 280},
                                    station{0.52, 0.110, 245}, station{0.61, 0.095, 205},
                                    station{0.70, 0.115, 170}, station{0.82, 0.170, 136},
                                    station{0.93, 0.185, 104}};
constexpr std::array cold_way{station{0.30, 0.11, 262}, station{0.50, 0.17, 258},
                              station{0.75, 0.11, 246}, station{0.97, 0.00, 240}};
constexpr std::array warm_way{station{0.97, 0.00, 50}, station{0.75, 0.12, 42},
                              station{0.50, 0.18, 27}, station{0.30, 0.11, 22}};

lab to_lab(const station& s) {
  const double angle = s.hue * std::numbers::pi / 180;
  return {s.lightness, s.chroma * std::cos(angle), s.chroma * std::sin(angle)};
}

std::array<double, 3> to_linear_rgb(const lab& c) {
  const auto cube = [](double x) { return x * x * x; };
  const double l = cube(c.l + 0.3963377774 * c.a + 0.2158037573 * c.b);
  const double m = cube(c.l - 0.1055613458 * c.a - 0.0638541728 * c.b);
  const double s = cube(c.l - 0.0894841775 * c.a - 1.2914855480 * c.b);
  return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
          -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

/// The station with as much of its chroma as sRGB can show.
lab in_gamut(station s) {
  const auto shown = [](const lab& c) {
    const auto linear = to_linear_rgb(c);
    return std::all_of(linear.begin(), linear.end(), [](double x) { return x >= 0 && x <= 1; });
  };
  if (const lab whole = to_lab(s); shown(whole)) return whole;
  double inside = 0, outside = s.chroma;
  for (int halving = 0; halving < 30; ++halving) {
    s.chroma = (inside + outside) / 2;
    (shown(to_lab(s)) ? inside : outside) = s.chroma;
  }
  return to_lab({s.lightness, inside, s.hue});
}

std::uint8_t encode(double linear) {
  const double bounded = std::clamp(linear, 0.0, 1.0);
  const double srgb =
      bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * std::pow(bounded, 1 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(255 * srgb));
}

rgb to_rgb(const lab& c) {
  const auto linear = to_linear_rgb(c);
  return {encode(linear[0]), encode(linear[1]), encode(linear[2])};
}

lab between(const lab& from, const lab& to, double part) {
  return {std::lerp(from.l, to.l, part), std::lerp(from.a, to.a, part),
          std::lerp(from.b, to.b, part)};
}

double distance(const lab& p, const lab& q) {
  return std::hypot(p.l - q.l, p.a - q.a, p.b - q.b);
}

/// Fine samples along the stations, a smooth curve (Catmull-Rom) through all of them.
std::vector<lab> trace(std::span<const station> way) {
  constexpr int samples = 200;
  const auto last = static_cast<std::ptrdiff_t>(way.size()) - 1;
  const auto stop = [&](std::ptrdiff_t i) {
    return way[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(i, 0, last))];
  };
  const auto curve = [](double p, double q, double r, double s, double t) {
    return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
  };
  std::vector<lab> path;
  for (std::ptrdiff_t i = 0; i < last; ++i) {
    const station p = stop(i - 1), q = stop(i), r = stop(i + 1), s = stop(i + 2);
    for (int k = i == 0 ? 0 : 1; k <= samples; ++k) {
      const double t = static_cast<double>(k) / samples;
      path.push_back(in_gamut({curve(p.lightness, q.lightness, r.lightness, s.lightness, t),
                               std::max(0.0, curve(p.chroma, q.chroma, r.chroma, s.chroma, t)),
                               curve(p.hue, q.hue, r.hue, s.hue, t)}));
    }
  }
  return path;
}

/// `out.size()` colours at equal distances along the way, both ends included.
void walk(std::span<const station> way, std::span<rgb> out) {
  const std::vector<lab> path = trace(way);
  std::vector<double> length{0};
  for (std::size_t i = 1; i < path.size(); ++i) {
    length.push_back(length.back() + distance(path[i - 1], path[i]));
  }
  std::size_t leg = 1;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double wanted =
        length.back() * static_cast<double>(i) / static_cast<double>(out.size() - 1);
    while (leg + 1 < path.size() && length[leg] < wanted) ++leg;
    const double span = length[leg] - length[leg - 1];
    const double part = span > 0 ? std::clamp((wanted - length[leg - 1]) / span, 0.0, 1.0) : 0;
    out[i] = to_rgb(between(path[leg - 1], path[leg], part));
  }
}

palette make_palette(colour_map map) {
  palette colours;
  const std::span<rgb> all(colours);
  switch (map) {
    case colour_map::sequential:
      walk(sequential_way, all);
      break;
    case colour_map::diverging:
      walk(cold_way, all.first(128));
      walk(warm_way, all.last(128));
      break;
  }
  return colours;
}

int squared_distance(rgb p, rgb q) {
  const int red = p.red - q.red, green = p.green - q.green, blue = p.blue - q.blue;
  return red * red + green * green + blue * blue;
}

}  // namespace

rgb colour_at(colour_map map, double position) {
  static const palette sequential = make_palette(colour_map::sequential);
  static const palette diverging = make_palette(colour_map::diverging);
  const double bounded = position > 0 ? std::min(position, 1.0) : 0.0;
  const auto index = static_cast<std::size_t>(std::lround(bounded * 255));
  return map == colour_map::sequential ? sequential[index] : diverging[index];
}

int nearest_of_256(rgb colour) {
  constexpr std::array<int, 6> level{0, 95, 135, 175, 215, 255};
  const auto nearest_level = [&](int channel) {
    int best = 0;
    for (int i = 1; i < 6; ++i) {
      const auto at = [&](int k) { return std::abs(level[static_cast<std::size_t>(k)] - channel); };
      if (at(i) < at(best)) best = i;
    }
    return best;
  };
  const auto channel = [&](int i) {
    return static_cast<std::uint8_t>(level[static_cast<std::size_t>(i)]);
  };
  const int r = nearest_level(colour.red), g = nearest_level(colour.green),
            b = nearest_level(colour.blue);
  const int mean = (colour.red + colour.green + colour.blue) / 3;
  const int step = std::clamp((mean - 3) / 10, 0, 23);
  const auto grey = static_cast<std::uint8_t>(8 + 10 * step);
  const int to_cube = squared_distance(colour, {channel(r), channel(g), channel(b)});
  const int to_grey = squared_distance(colour, {grey, grey, grey});
  return to_grey < to_cube ? 232 + step : 16 + 36 * r + 6 * g + b;
}

std::string select_colour(rgb colour, layer of, const terminal& where) {
  if (!where.colour) return {};
  const std::string start = of == layer::foreground ? "\x1b[38;" : "\x1b[48;";
  if (!where.truecolour) return start + "5;" + std::to_string(nearest_of_256(colour)) + "m";
  return start + "2;" + std::to_string(colour.red) + ";" + std::to_string(colour.green) + ";" +
         std::to_string(colour.blue) + "m";
}

std::string reset_colour(const terminal& where) {
  return where.colour ? "\x1b[0m" : "";
}

}  // namespace rk::render
