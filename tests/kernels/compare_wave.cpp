// Compares a pressure field, as raw floats on standard input, with the reference in double
// precision.
//   compare_wave SIZE STEPS SOURCE_PERIOD COURANT [X Y Z AMPLITUDE]...
// Prints the largest difference, relative to the largest pressure.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "wave/reference.hpp"

namespace {

std::uint32_t number(const char* text) {
  return static_cast<std::uint32_t>(std::stoul(text));
}

std::vector<float> read_field(std::size_t cells) {
  std::vector<float> field(cells);
  const std::size_t got = std::fread(field.data(), sizeof(float), cells, stdin);
  if (got != cells || std::fgetc(stdin) != EOF) {
    std::fprintf(stderr, "compare_wave: the field does not have %zu cells\n", cells);
    std::exit(2);
  }
  return field;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 9 || (argc - 5) % 4 != 0 || argc > 5 + 4 * wave::max_sources) return 2;
  wave::parameters p;
  p.size = number(argv[1]);
  p.steps = number(argv[2]);
  p.source_period = number(argv[3]);
  p.courant = std::stof(argv[4]);
  for (int i = 5; i < argc; i += 4) {
    p.sources[p.source_count++] = {number(argv[i]), number(argv[i + 1]), number(argv[i + 2]),
                                   std::stof(argv[i + 3])};
  }
  const std::vector<double> expected = wave::reference_pressure(p, p.steps);
  const std::vector<float> field = read_field(expected.size());
  double largest = 0;
  double difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    // Not std::max, which lets a NaN pass.
    const double d = std::abs(static_cast<double>(field[i]) - expected[i]);
    if (!(d <= difference)) difference = d;
  }
  std::printf("%.3e\n", difference / largest);
  return 0;
}
