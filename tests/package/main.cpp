#include <cstdio>

#include <rk/host.hpp>

#include "kernel.hpp"

int main() {
  rk::session session({.name = "outside", .backend = rk::backend_kind::cpu, .serve = false});
  float* cells = session.allocate<float>("cells", {2});
  rk::kernel kernel = session.launch(heat, {2}, {1}, cells);
  while (kernel.steps() < 10 && !kernel.wait(std::chrono::milliseconds(1))) {
  }
  kernel.stop();
  const bool ended = kernel.wait(std::chrono::seconds(20));
  int rounds = 0;
  session.inspect("rounds", &rounds, sizeof rounds);
  std::printf("ended %d after %d rounds\n", ended, rounds);
  return ended && rounds >= 10 ? 0 : 1;
}
