#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <CLI/App.hpp>

#include <rk/host.hpp>

namespace rk::samples {

/// Flags that all sample kernels have.
struct sample_options {
  std::string name;     ///< of the session; empty: chosen by it
  std::string backend;  ///< "cpu", "cuda" or empty for the default
  int device = 0;
  std::uint32_t blocks = 0;   ///< 0: the sample's choice for the back-end
  std::uint32_t threads = 0;  ///< a block; 0: likewise
  std::uint64_t steps = 0;    ///< 0: until SIGINT or SIGTERM
  std::int64_t wait_deadline_ms = 30'000;
  std::string idle = "balanced";
  std::uint32_t instrumentation = 1;
  std::optional<std::uint64_t> shadow_bytes;

  /// Adds the flags to `app`.
  void add_to(CLI::App& app);
  [[nodiscard]] session_options session() const;
  [[nodiscard]] launch_options launch() const;
};

/// Runs `body` and turns what it throws into a line on standard error and an exit code.
int run_sample(const char* program, int (*body)(CLI::App&, int, char**), int argc, char** argv);

}  // namespace rk::samples
