// What each level of instrumentation costs: the same kernels at all of them, in turns, on one GPU.
// Prints a table and, last, a JSON line.
#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <rk/error.hpp>
#include <rk/host.hpp>

#include "bench/actors.hpp"
#include "bench/statistics.hpp"
#include "wave/wave.hpp"

namespace {

struct options {
  std::uint64_t rounds = 20'000;
  int repetitions = 7;
};

using level = rk::instrumentation;
constexpr std::array levels{level::off, level::progress, level::flight_recorder, level::everything};

class measurement {
 public:
  explicit measurement(const options& o)
      : session_({.name = "level-bench", .backend = rk::backend_kind::cuda, .serve = false}),
        options_(o),
        run_{o.rounds, session_.allocate<std::uint64_t>("ns", {})} {}

  nlohmann::json measure() {
    using rk::synchrony;
    const auto in_pairs = rk::topology::custom({{1}, {0}});
    const auto box = session_.create_mailbox<std::uint64_t>("box", in_pairs, {.depth = 16});
    const auto torus = rk::topology::torus({8, 12, 11});
    const auto near = session_.create_neighbor_barrier("near", torus);
    const auto all = session_.create_neighborhoods("all", {132}, {132});
    wave::parameters waves = small_wave();
    const wave::fields fields = fields_of(waves);

    add("safe point alone, 132 blocks", [&](level l) {
      return in_session(l, synchrony::independent, 132, 128, actors::step_alone);
    });
    add("safe point and grid barrier, 132 blocks",
        [&](level l) { return in_session(l, synchrony::grid, 132, 128, actors::step_together); });
    add("grid barrier, 132 blocks",
        [&](level l) { return in_session(l, synchrony::grid, 132, 128, actors::meet_grid); });
    add("grid barrier, 1056 blocks",
        [&](level l) { return in_session(l, synchrony::grid, 1056, 128, actors::meet_grid); });
    add("named barrier, 132 blocks",
        [&](level l) { return in_session(l, synchrony::grid, 132, 128, actors::meet_named, all); });
    add("6 neighbours, 1056 blocks", [&](level l) {
      return in_session(l, synchrony::grid, 1056, 128, actors::meet_neighbors, near);
    });
    add("message there and back, release and acquire", [&](level l) {
      return in_session(l, synchrony::independent, 2, 32, actors::ping_pong, box, false);
    });
    add("message one way", [&](level l) {
      return in_session(l, synchrony::independent, 2, 32, actors::stream_to, box);
    });
    add("step of rk-wave, 64^3, 132 blocks of 512", [&](level l) {
      waves.steps += options_.rounds;  // it goes on from the step at which the last run ended
      const auto begin = std::chrono::steady_clock::now();
      run(l, synchrony::grid, 132, 512, wave::propagate, waves, fields);
      return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin)
                 .count() /
             static_cast<double>(options_.rounds);
    });
    for (int i = 0; i < options_.repetitions; ++i) {
      for (row& r : rows_) {
        for (std::size_t l = 0; l < levels.size(); ++l) {
          r.samples[l].add(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
              std::chrono::duration<double, std::pico>(r.once(levels[l]) * 1e3)));
        }
      }
    }
    return report();
  }

 private:
  /// Something measured: nanoseconds a round at a level.
  struct row {
    std::string name;
    std::function<double(level)> once;
    std::array<rk::bench::samples, levels.size()> samples{};
  };

  void add(std::string name, std::function<double(level)> once) {
    rows_.push_back({std::move(name), std::move(once)});
  }
  template <class Kernel, class... Args>
  void run(level l, rk::synchrony sync, std::uint32_t blocks, std::uint32_t threads, Kernel& kernel,
           const Args&... args) {
    rk::launch_options o;
    o.level = l;
    o.sync = sync;
    o.kept_events = 64;
    rk::kernel k = session_.launch_with(o, kernel, {blocks}, {threads}, args...);
    if (!k.wait(std::chrono::seconds(60))) throw rk::error("a benchmark kernel does not end");
    if (k.state() == rk::kernel::state::faulted) throw rk::error(k.error());
  }
  template <class Kernel, class... Args>
  double in_session(level l, rk::synchrony sync, std::uint32_t blocks, std::uint32_t threads,
                    Kernel& kernel, const Args&... args) {
    run(l, sync, blocks, threads, kernel, run_, args...);
    std::uint64_t ns = 0;
    session_.inspect("ns", &ns, sizeof ns);
    if (ns == 0) throw rk::error("a benchmark kernel did not do all its rounds");
    return static_cast<double>(ns) / static_cast<double>(options_.rounds);
  }
  [[nodiscard]] static wave::parameters small_wave() {
    wave::parameters p;
    p.size = 64;
    p.source_count = 1;
    p.sources[0] = {32, 32, 32, 1.0F};
    return p;
  }
  wave::fields fields_of(const wave::parameters& p) {
    wave::fields f;
    f.pressure = session_.allocate<float>("pressure", {p.size, p.size, p.size});
    f.velocity = session_.allocate<float>("velocity", {p.size, p.size, p.size});
    f.energy_by_block = session_.allocate<double>("energy_by_block", {132});
    return f;
  }
  nlohmann::json report() const {
    std::printf("%-46s %8s %8s %8s %8s  us; the last two beside the second\n", "level", "0", "1",
                "2", "3");
    nlohmann::json rows = nlohmann::json::array();
    for (const row& r : rows_) {
      std::array<double, levels.size()> median{};
      for (std::size_t l = 0; l < levels.size(); ++l) median[l] = r.samples[l].quantile(0.5);
      std::printf("%-46s %8.3f %8.3f %8.3f %8.3f  %+.3f %+.3f\n", r.name.c_str(), median[0] / 1e3,
                  median[1] / 1e3, median[2] / 1e3, median[3] / 1e3, (median[2] - median[1]) / 1e3,
                  (median[3] - median[1]) / 1e3);
      rows.push_back({{"name", r.name}, {"median_ns", median}});
    }
    return rows;
  }

  rk::session session_;
  const options& options_;
  actors::run run_;
  std::vector<row> rows_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What the levels of instrumentation cost.", "level_bench");
  options o;
  app.add_option("--rounds", o.rounds, "Rounds of one run")->check(CLI::PositiveNumber);
  // A session holds 1024 kernels.
  app.add_option("--repetitions", o.repetitions, "Runs of each")->check(CLI::Range(1, 25));
  CLI11_PARSE(app, argc, argv);
  if (!rk::is_usable(rk::backend_kind::cuda)) {
    std::puts("level_bench: skipped, no GPU on this machine");
    return 0;
  }
  try {
    const nlohmann::json document = {
        {"schema", "rk-inspect/bench/1"}, {"bench", "level"}, {"rows", measurement(o).measure()}};
    std::printf("%s\n", document.dump().c_str());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "level_bench: %s\n", e.what());
    return 1;
  }
}
