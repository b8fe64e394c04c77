#include "wave/reference.hpp"

#include <cmath>

namespace wave {
namespace {

struct grid {
  explicit grid(std::uint32_t edge) : size(edge), p(cells()), v(cells()) {}
  [[nodiscard]] std::size_t cells() const { return std::size_t{size} * size * size; }
  [[nodiscard]] std::size_t at(std::uint32_t x, std::uint32_t y, std::uint32_t z) const {
    return (std::size_t{z} * size + y) * size + x;
  }
  std::uint32_t size;
  std::vector<double> p;
  std::vector<double> v;
};

double source_at(const parameters& params, std::uint32_t x, std::uint32_t y, std::uint32_t z) {
  double sum = 0;
  for (std::uint32_t i = 0; i < params.source_count; ++i) {
    const source& s = params.sources[i];
    const auto squared = [](std::uint32_t a, std::uint32_t b) {
      const double d = static_cast<double>(a) - static_cast<double>(b);
      return d * d;
    };
    const double r2 = squared(x, s.x) + squared(y, s.y) + squared(z, s.z);
    const double radius = source_radius;
    const double width = source_width;
    if (r2 <= radius * radius) sum += s.amplitude * std::exp(-r2 / (2 * width * width));
  }
  return sum;
}

void update_velocity(grid& g, const parameters& params, std::uint32_t x, std::uint32_t y,
                     std::uint32_t z, double sign) {
  const double here = g.p[g.at(x, y, z)];
  const std::uint32_t last = g.size - 1;
  double laplacian = 0;
  int faces = 0;
  const auto neighbour = [&](bool inside, std::size_t index) {
    if (inside) {
      laplacian += g.p[index] - here;
    } else {
      ++faces;
    }
  };
  neighbour(x > 0, g.at(x - 1, y, z));
  neighbour(x < last, g.at(x + 1, y, z));
  neighbour(y > 0, g.at(x, y - 1, z));
  neighbour(y < last, g.at(x, y + 1, z));
  neighbour(z > 0, g.at(x, y, z - 1));
  neighbour(z < last, g.at(x, y, z + 1));
  const double courant = params.courant;
  const double loss = 0.5 * courant * faces;
  double& v = g.v[g.at(x, y, z)];
  v = (v * (1 - loss) + courant * courant * laplacian) / (1 + loss);
  if (sign != 0) v += sign * source_at(params, x, y, z);
}

double impulse_sign(const parameters& params, std::uint64_t step) {
  if (params.source_period == 0) return step == 0 ? 1 : 0;
  if (step % params.source_period != 0) return 0;
  return step / params.source_period % 2 == 0 ? 1 : -1;
}

}  // namespace

std::vector<double> reference_pressure(const parameters& params, std::uint64_t steps) {
  grid g(params.size);
  for (std::uint64_t step = 0; step < steps; ++step) {
    const double sign = impulse_sign(params, step);
    for (std::uint32_t z = 0; z < g.size; ++z) {
      for (std::uint32_t y = 0; y < g.size; ++y) {
        for (std::uint32_t x = 0; x < g.size; ++x) update_velocity(g, params, x, y, z, sign);
      }
    }
    for (std::size_t i = 0; i < g.cells(); ++i) g.p[i] += g.v[i];
  }
  return g.p;
}

}  // namespace wave
