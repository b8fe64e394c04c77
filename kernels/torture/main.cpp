// rk-torture: an array that is never at rest, for whoever claims to read consistently.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <rk/host.hpp>

#include "common/sample_options.hpp"
#include "common/stop_on_signal.hpp"
#include "torture/torture.hpp"

namespace {

struct torture_options {
  rk::samples::sample_options common;
  std::uint64_t bytes = 64u << 20;
  std::uint64_t pause_us = 0;
  std::uint64_t fault_at = 0;
};

torture_options parse(CLI::App& app, int argc, char** argv) {
  torture_options o;
  app.description(
      "Rewrites an array without end: each element equals step_counter at every safe "
      "point, and at no other time.");
  o.common.add_to(app);
  app.add_option("--bytes", o.bytes, "Size of the array")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::uint64_t{8}, std::uint64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--pause-us", o.pause_us, "Rest after each step, for versioned reads")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  app.add_option("--fault-at", o.fault_at, "Write to an illegal address in this step")
      ->check(CLI::NonNegativeNumber);
  app.parse(argc, argv);
  return o;
}

int run(CLI::App& app, int argc, char** argv) {
  const torture_options o = parse(app, argc, argv);
  rk::samples::stop_on_signal signals;
  rk::session session(o.common.session());
  const bool on_gpu = session.backend() == rk::backend_kind::cuda;
  const std::uint32_t threads = o.common.threads != 0 ? o.common.threads : on_gpu ? 512 : 32;
  const std::uint32_t blocks = o.common.blocks != 0 ? o.common.blocks
                               : on_gpu             ? session.processor_count()
                                                    : 4;
  torture::parameters p;
  p.count = o.bytes / sizeof(std::uint64_t);
  p.pattern = session.allocate<std::uint64_t>("pattern", {p.count}, true);
  p.writes = session.publication("pattern", blocks);
  p.steps = o.common.steps;
  p.pause_ns = o.pause_us * 1000;
  p.fault_at = o.fault_at;
  rk::kernel kernel =
      session.launch_with(o.common.launch(), torture::rewrite, {blocks}, {threads}, p);
  std::printf(
      "rk-torture: session '%s' on %s (%s), %llu elements, %u blocks of %u threads, process %d\n",
      session.name().c_str(), std::string(to_string(session.backend())).c_str(),
      session.device_name().c_str(), static_cast<unsigned long long>(p.count), blocks, threads,
      ::getpid());
  std::fflush(stdout);
  const std::jthread listening = signals.start([&kernel] { kernel.stop(); });
  kernel.wait();
  if (kernel.state() != rk::kernel::state::faulted) return 0;
  std::fprintf(stderr, "rk-torture: the kernel failed: %s\n", kernel.error().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  return rk::samples::run_sample("rk-torture", run, argc, argv);
}
