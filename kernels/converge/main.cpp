// rk-converge: a solver that decides on the device when it has done, to be watched meanwhile.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <rk/host.hpp>

#include "common/sample_options.hpp"
#include "common/stop_on_signal.hpp"
#include "converge/converge.hpp"

namespace {

struct solver_options {
  rk::samples::sample_options common;
  std::uint32_t size = 0;
  double tolerance = 1e-6;
  std::string restore;
};

solver_options parse(CLI::App& app, int argc, char** argv) {
  solver_options o;
  app.description(
      "Laplace's equation by Jacobi's method until it changes by less than a tolerance. Watch the\n"
      "residual with: rk-inspect watch NAME residual");
  o.common.add_to(app);
  app.add_option("--size", o.size, "Points along each edge (default: 512 on a GPU, 48 on the CPU)")
      ->check(CLI::Range(3, 16384));
  app.add_option("--tolerance", o.tolerance, "End once no point changes by more in a sweep")
      ->check(CLI::Range(1e-12, 1.0))
      ->capture_default_str();
  app.add_option("--restore", o.restore, "Go on from this checkpoint")->check(CLI::ExistingFile);
  app.parse(argc, argv);
  return o;
}

double largest_error(rk::session& session, std::uint32_t size, bool is_even) {
  std::vector<float> values(std::size_t{size} * size);
  session.inspect(is_even ? "even" : "odd", values.data(), values.size() * sizeof(float));
  double largest = 0;
  for (std::uint32_t row = 0; row < size; ++row) {
    for (std::uint32_t column = 0; column < size; ++column) {
      const double e = values[std::size_t{row} * size + column];
      largest = std::max(largest, std::abs(e - converge::exact(row, column, size)));
    }
  }
  return largest;
}

int report(const rk::kernel& kernel, rk::session& session, std::uint32_t size, double seconds) {
  if (kernel.state() == rk::kernel::state::faulted) {
    std::fprintf(stderr, "rk-converge: the kernel failed: %s\n", kernel.error().c_str());
    return 1;
  }
  unsigned long long sweeps = 0;
  float residual = 0;
  unsigned converged = 0;
  session.inspect("sweeps", &sweeps, sizeof sweeps);
  session.inspect("residual", &residual, sizeof residual);
  session.inspect("converged", &converged, sizeof converged);
  std::printf("rk-converge: %s after %llu sweeps, residual %.3g, error %.3g, %.3f µs a sweep\n",
              converged != 0 ? "converged" : "stopped", sweeps, static_cast<double>(residual),
              largest_error(session, size, sweeps % 2 == 0),
              sweeps == 0 ? 0.0 : seconds * 1e6 / static_cast<double>(sweeps));
  return 0;
}

int run(CLI::App& app, int argc, char** argv) {
  const solver_options o = parse(app, argc, argv);
  rk::samples::stop_on_signal signals;
  rk::session session(o.common.session());
  const bool on_gpu = session.backend() == rk::backend_kind::cuda;
  const std::uint32_t size = o.size != 0 ? o.size : on_gpu ? 512 : 48;
  const std::uint32_t threads = o.common.threads != 0 ? o.common.threads : on_gpu ? 512 : 64;
  const std::uint32_t blocks = o.common.blocks != 0 ? o.common.blocks
                               : on_gpu             ? session.processor_count()
                                                    : 4;
  const converge::parameters parameters{size, static_cast<float>(o.tolerance), o.common.steps};
  const converge::fields fields{session.allocate<float>("even", {size, size}, true),
                                session.allocate<float>("odd", {size, size}, true),
                                session.allocate<float>("change_by_block", {2, blocks})};
  if (!o.restore.empty()) session.restore(o.restore);
  std::printf(
      "rk-converge: session '%s' on %s (%s), %u x %u points, %u blocks of %u threads, process %d\n",
      session.name().c_str(), std::string(to_string(session.backend())).c_str(),
      session.device_name().c_str(), size, size, blocks, threads, ::getpid());
  std::fflush(stdout);
  const auto begin = std::chrono::steady_clock::now();
  rk::kernel kernel = session.launch_with(o.common.launch(), converge::relax, {blocks}, {threads},
                                          parameters, fields);
  const std::jthread listening = signals.start([&kernel] { kernel.stop(); });
  kernel.wait();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return report(kernel, session, size, took.count());
}

}  // namespace

int main(int argc, char** argv) {
  return rk::samples::run_sample("rk-converge", run, argc, argv);
}
