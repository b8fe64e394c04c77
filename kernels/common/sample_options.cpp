#include "common/sample_options.hpp"

#include <cstdio>

#include <CLI/CLI.hpp>

#include <rk/version.hpp>

namespace rk::samples {

void sample_options::add_to(CLI::App& app) {
  app.add_option("--name", name, "Name under which rk-inspect finds it (default: pid and program)");
  app.add_option("--backend", backend,
                 "Where to run (default: $RK_BACKEND, else cuda if there is a GPU)")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--device", device, "Number of the GPU")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--blocks", blocks, "Blocks of the grid (default: depends on the back-end)")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--threads", threads, "Threads of a block (default: depends on the back-end)")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--steps", steps, "Steps to do; 0: until SIGINT or SIGTERM")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--wait-deadline-ms", wait_deadline_ms, "Longest wait of a block for the others")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--shadow-bytes", shadow_bytes,
                 "Memory for cuts (default: as much as checkpoints contain)")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--instrumentation", instrumentation,
                 "0: none, 1: progress and wait records, 2: and latest events, 3: each event")
      ->check(CLI::Range(0, 3))
      ->capture_default_str();
  app.add_option("--idle", idle, "While there is nothing to do: hot, balanced or frugal")
      ->check(CLI::IsMember({"hot", "balanced", "frugal"}))
      ->capture_default_str();
}

session_options sample_options::session() const {
  session_options options;
  options.name = name;
  if (!backend.empty()) options.backend = parse_backend(backend);
  options.device = device;
  options.shadow_bytes = shadow_bytes;
  return options;
}

launch_options sample_options::launch() const {
  launch_options options;
  options.wait_deadline = std::chrono::milliseconds(wait_deadline_ms);
  options.level = static_cast<rk::instrumentation>(instrumentation);
  options.idle = idle == "hot"      ? idle_policy::hot
                 : idle == "frugal" ? idle_policy::frugal
                                    : idle_policy::balanced;
  return options;
}

int run_sample(const char* program, int (*body)(CLI::App&, int, char**), int argc, char** argv) {
  CLI::App app;
  app.name(program);
  app.set_version_flag("--version", std::string(program) + " " + version);
  try {
    return body(app, argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const rk::invalid_argument& e) {
    std::fprintf(stderr, "%s: %s\n", program, e.what());
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", program, e.what());
    return 1;
  }
}

}  // namespace rk::samples
