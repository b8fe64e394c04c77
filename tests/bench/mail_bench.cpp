// What a message between two blocks costs: mailboxes beside a bare flag in device memory. Prints a
// table and, last, a JSON line.
#include <cstdio>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <rk/error.hpp>
#include <rk/host.hpp>

#include "bench/actors.hpp"
#include "bench/cuda_check.hpp"
#include "bench/statistics.hpp"

namespace {

using rk::bench::check;
using rk::bench::samples;

struct options {
  std::uint64_t rounds = 20'000;
  int repetitions = 5;
  std::uint32_t pairs = 66;
};

std::chrono::steady_clock::duration as_time(std::uint64_t ns) {
  return std::chrono::nanoseconds(ns);
}

class measurement {
 public:
  measurement(const options& o, std::uint32_t pairs)
      : session_({.name = "mail-bench", .backend = rk::backend_kind::cuda, .serve = false}),
        options_(o),
        pairs_(pairs),
        run_{o.rounds, session_.allocate<std::uint64_t>("ns", {})},
        flags_(session_.allocate<std::uint64_t>("flags", {words_a_pair_ * pairs})),
        box_(session_.create_mailbox<std::uint64_t>("box", in_pairs(pairs), {.depth = 16})) {}

  void measure(nlohmann::json& rows) {
    samples bare[2];
    samples mail[2];
    samples packets;
    samples flow;
    for (int i = 0; i < options_.repetitions; ++i) {
      for (const bool is_relaxed : {false, true}) {
        bare[is_relaxed].add(time_bare(is_relaxed));
        mail[is_relaxed].add(time_in_session(actors::ping_pong, is_relaxed));
      }
      packets.add(time_packets());
      flow.add(time_in_session(actors::stream_to));
    }
    for (const bool is_relaxed : {false, true}) {
      const double a = per_round(bare[is_relaxed]);
      const double b = per_round(mail[is_relaxed]);
      const char* order = is_relaxed ? "relaxed" : "release and acquire";
      std::printf(
          "%4u pairs, %-19s  bare flag %7.3f us there and back, mailbox %7.3f us, ratio %.2f\n",
          pairs_, order, a / 1e3, b / 1e3, b / a);
      rows.push_back({{"pairs", pairs_},
                      {"order", order},
                      {"bare_flag_ns", a},
                      {"mailbox_ns", b},
                      {"ratio", b / a}});
    }
    const double packet = per_round(packets);
    std::printf("%4u pairs, NCCL's and MSCCL++'s packets of 8 bytes and flags: %7.3f us\n", pairs_,
                packet / 1e3);
    rows.push_back({{"pairs", pairs_}, {"packet_ns", packet}});
    const double message = per_round(flow);
    std::printf("%4u pairs, one way: %7.3f us a message, %.3g messages a second in all\n", pairs_,
                message / 1e3, 1e9 * pairs_ / message);
    rows.push_back({{"pairs", pairs_},
                    {"one_way_ns", message},
                    {"messages_per_second", 1e9 * pairs_ / message}});
  }

 private:
  static rk::topology in_pairs(std::uint32_t pairs) {
    std::vector<std::vector<std::uint32_t>> neighbors(std::size_t{2} * pairs);
    for (std::uint32_t a = 0; a < neighbors.size(); ++a) neighbors[a] = {a ^ 1u};
    return rk::topology::custom(std::move(neighbors));
  }
  [[nodiscard]] double per_round(const samples& s) const {
    return s.quantile(0.5) / static_cast<double>(options_.rounds);
  }
  std::chrono::steady_clock::duration read_time() {
    std::uint64_t ns = 0;
    session_.inspect("ns", &ns, sizeof ns);
    if (ns == 0) throw rk::error("a benchmark kernel did not do all its rounds");
    return as_time(ns);
  }
  std::chrono::steady_clock::duration time_bare(bool is_relaxed) {
    const rk::bench::stream stream;
    check(cudaMemsetAsync(flags_, 0, words_a_pair_ * pairs_ * 8, stream.get()), "cudaMemset");
    check(actors::bare_ping_pong(pairs_, flags_, run_, is_relaxed, stream.get()), "bare ping-pong");
    stream.wait();
    return read_time();
  }
  std::chrono::steady_clock::duration time_packets() {
    const rk::bench::stream stream;
    check(cudaMemsetAsync(flags_, 0, words_a_pair_ * pairs_ * 8, stream.get()), "cudaMemset");
    check(actors::packet_ping_pong(pairs_, flags_, run_, stream.get()), "packets");
    stream.wait();
    return read_time();
  }
  template <class Kernel, class... Args>
  std::chrono::steady_clock::duration time_in_session(Kernel& kernel, Args... args) {
    rk::launch_options l;
    l.sync = rk::synchrony::independent;
    rk::kernel k = session_.launch_with(l, kernel, {2 * pairs_}, {32}, run_, box_, args...);
    if (!k.wait(std::chrono::seconds(60))) throw rk::error("a benchmark kernel does not end");
    if (k.state() == rk::kernel::state::faulted) throw rk::error(k.error());
    return read_time();
  }

  static constexpr std::size_t words_a_pair_ = 64;  // two blocks, 16 packets of 16 bytes each
  rk::session session_;
  const options& options_;
  std::uint32_t pairs_;
  actors::run run_;
  std::uint64_t* flags_;
  rk::mailbox_set<std::uint64_t> box_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Messages between blocks beside a bare flag.", "mail_bench");
  options o;
  app.add_option("--rounds", o.rounds, "Round trips of one run")->check(CLI::PositiveNumber);
  app.add_option("--repetitions", o.repetitions, "Runs of each")->check(CLI::PositiveNumber);
  app.add_option("--pairs", o.pairs, "Pairs of blocks that play at once")
      ->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  if (!rk::is_usable(rk::backend_kind::cuda)) {
    std::puts("mail_bench: skipped, no GPU on this machine");
    return 0;
  }
  try {
    nlohmann::json document = {{"schema", "rk-inspect/bench/1"}, {"bench", "mail"}};
    document["rows"] = nlohmann::json::array();
    for (const std::uint32_t pairs : {1u, o.pairs, 132u}) {
      measurement(o, pairs).measure(document["rows"]);
    }
    std::printf("%s\n", document.dump().c_str());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "mail_bench: %s\n", e.what());
    return 1;
  }
}
