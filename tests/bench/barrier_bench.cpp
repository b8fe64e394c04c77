// What meeting costs: rk-inspect's barriers beside cooperative_groups' grid.sync(), in turns, on
// one GPU. Prints a table and, last, a JSON line.
#include <cstdio>
#include <functional>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <rk/error.hpp>
#include <rk/host.hpp>

#include "bench/actors.hpp"
#include "bench/cuda_check.hpp"
#include "bench/statistics.hpp"

namespace {

struct options {
  std::uint64_t rounds = 20'000;
  int repetitions = 7;
  std::uint32_t threads = 128;
};

/// Times one run of something: nanoseconds a round.
struct contender {
  const char* name;
  std::function<double()> once;
  rk::bench::samples samples{};
};

class measurement {
 public:
  measurement(std::uint32_t blocks, const options& o)
      : session_({.name = "barrier-bench", .backend = rk::backend_kind::cuda, .serve = false}),
        options_(o),
        blocks_(blocks),
        run_{o.rounds, session_.allocate<std::uint64_t>("ns", {})},
        counters_(session_.allocate<std::uint64_t>("counters", {blocks, words_apart_})) {}

  nlohmann::json measure() {
    const rk::bench::stream stream;
    const auto in_session = [this](auto& kernel, const auto&... args) {
      rk::kernel k = session_.launch(kernel, {blocks_}, {options_.threads}, run_, args...);
      if (!k.wait(std::chrono::seconds(60))) throw rk::error("a benchmark kernel does not end");
      if (k.state() == rk::kernel::state::faulted) throw rk::error(k.error());
      return per_round();
    };
    const auto bare = [&](auto launch) {
      clear_counters(stream.get());
      rk::bench::check(launch(options_.threads, counters_, run_, stream.get()), "a bare barrier");
      stream.wait();
      return per_round();
    };
    const auto neighbors =
        session_.create_neighbor_barrier("near", rk::topology::torus(box_of(blocks_)));
    const auto all = session_.create_neighborhoods("all", {blocks_}, {blocks_});
    const auto tiles = session_.create_neighborhoods("tiles", {blocks_}, {64});
    std::vector<contender> all_contenders{
        {"grid.sync()",
         [&] {
           rk::bench::check(actors::meet_cooperative(blocks_, options_.threads, run_, stream.get()),
                            "grid.sync");
           stream.wait();
           return per_round();
         }},
        {"one counter, bare",
         [&] { return bare([&](auto... to) { return actors::meet_counted(blocks_, to...); }); }},
        {"MSCCL++'s, three counters",
         [&] { return bare([&](auto... to) { return actors::meet_rotated(blocks_, to...); }); }},
        {"MPK's events, 6 neighbours",
         [&] {
           return bare([&](auto... to) {
             return actors::meet_counted_by_neighbors(box_of(blocks_), to...);
           });
         }},
        {"rk::grid_sync", [&] { return in_session(actors::meet_grid); }},
        {"rk::named_barrier of all", [&] { return in_session(actors::meet_named, all); }},
        {"rk::neighborhood of 64", [&] { return in_session(actors::meet_near, tiles); }},
        {"rk::neighbor_barrier, 6", [&] { return in_session(actors::meet_neighbors, neighbors); }},
    };
    for (int i = 0; i < options_.repetitions; ++i) {
      for (contender& c : all_contenders) {
        c.samples.add(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
            std::chrono::duration<double, std::pico>(c.once() * 1e3)));
      }
    }
    return report(all_contenders);
  }

 private:
  static rk::extent3 box_of(std::uint32_t blocks) {
    // 1056 = 8 x 12 x 11, 132 = 4 x 3 x 11.
    return blocks % 96 == 0 ? rk::extent3{8, 12, blocks / 96} : rk::extent3{4, 3, blocks / 12};
  }
  void clear_counters(cudaStream_t on) {
    const std::size_t bytes = std::size_t{blocks_} * words_apart_ * sizeof *counters_;
    rk::bench::check(cudaMemsetAsync(counters_, 0, bytes, on), "memset");
  }
  double per_round() {
    std::uint64_t ns = 0;
    session_.inspect("ns", &ns, sizeof ns);
    if (ns == 0) throw rk::error("a benchmark kernel did not do all its rounds");
    return static_cast<double>(ns) / static_cast<double>(options_.rounds);
  }
  nlohmann::json report(const std::vector<contender>& all) {
    const double baseline = all.front().samples.quantile(0.5);
    nlohmann::json rows = nlohmann::json::array();
    for (const contender& c : all) {
      const double median = c.samples.quantile(0.5);
      std::printf("%5u blocks  %-28s %7.3f us  %5.2f x grid.sync()\n", blocks_, c.name,
                  median / 1e3, median / baseline);
      rows.push_back({{"blocks", blocks_},
                      {"name", c.name},
                      {"median_ns", median},
                      {"worst_ns", c.samples.quantile(1)},
                      {"ratio", median / baseline}});
    }
    return rows;
  }

  static constexpr std::uint32_t words_apart_ = 16;
  rk::session session_;
  const options& options_;
  std::uint32_t blocks_;
  actors::run run_;
  std::uint64_t* counters_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Barriers beside grid.sync().", "barrier_bench");
  options o;
  app.add_option("--rounds", o.rounds, "Barriers of one run")->check(CLI::PositiveNumber);
  app.add_option("--repetitions", o.repetitions, "Runs of each")->check(CLI::PositiveNumber);
  app.add_option("--threads", o.threads, "Threads of a block")->check(CLI::Range(32, 128));
  CLI11_PARSE(app, argc, argv);
  if (!rk::is_usable(rk::backend_kind::cuda)) {
    std::puts("barrier_bench: skipped, no GPU on this machine");
    return 0;
  }
  try {
    nlohmann::json document = {{"schema", "rk-inspect/bench/1"}, {"bench", "barrier"}};
    document["rows"] = nlohmann::json::array();
    for (const std::uint32_t blocks : {132u, 1056u}) {
      for (auto& row : measurement(blocks, o).measure()) document["rows"].push_back(row);
    }
    std::printf("%s\n", document.dump().c_str());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "barrier_bench: %s\n", e.what());
    return 1;
  }
}
