// rk-ring: tokens that go round a ring of actors. Takes cuts of it and counts the tokens in each.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/host.hpp>

#include "common/sample_options.hpp"
#include "common/stop_on_signal.hpp"
#include "ring/census.hpp"
#include "ring/ring.hpp"

namespace {

struct ring_options {
  rk::samples::sample_options common;
  std::uint32_t tokens = 0;
  std::uint32_t depth = 4;
  double seconds = 0;
  int cuts = 0;
  std::string restore;
};

ring_options parse(CLI::App& app, int argc, char** argv) {
  ring_options o;
  app.description("Tokens round a ring of actors, by mailboxes; none gets lost.");
  o.common.add_to(app);
  app.add_option("--tokens", o.tokens, "Tokens in the ring (default: half as many as actors)")
      ->check(CLI::PositiveNumber);
  app.add_option("--depth", o.depth, "Messages that a mailbox holds; a power of two")
      ->capture_default_str();
  app.add_option("--seconds", o.seconds, "Stop after this time; 0: at SIGINT or SIGTERM")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--cuts", o.cuts, "Cuts to take meanwhile; the tokens in each are counted")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--restore", o.restore, "Go on from this checkpoint")->check(CLI::ExistingFile);
  app.parse(argc, argv);
  return o;
}

int report(const char* when, const ring::census& c, const ring::parameters& p) {
  if (!c.wrong.empty()) {
    std::fprintf(stderr, "rk-ring: %s: %s\n", when, c.wrong.c_str());
    return 1;
  }
  std::printf(
      "rk-ring: %s: all %u tokens are there: %llu held, %llu in mailboxes, %llu to come; %llu "
      "hops\n",
      when, p.tokens, static_cast<unsigned long long>(c.held),
      static_cast<unsigned long long>(c.in_flight), static_cast<unsigned long long>(c.yet_to_come),
      static_cast<unsigned long long>(c.hops));
  return 0;
}

int run(CLI::App& app, int argc, char** argv) {
  ring_options o = parse(app, argc, argv);
  rk::samples::stop_on_signal signals;
  rk::session session(o.common.session());
  const bool on_gpu = session.backend() == rk::backend_kind::cuda;
  const std::uint32_t blocks = o.common.blocks != 0 ? o.common.blocks
                               : on_gpu             ? 8 * session.processor_count()
                                                    : 8;
  const std::uint32_t threads = o.common.threads != 0 ? o.common.threads : on_gpu ? 32 : 1;
  if (blocks < 2) throw rk::invalid_argument("--blocks: a ring has at least two");
  ring::parameters p;
  p.tokens = o.tokens != 0 ? o.tokens : std::max(1u, blocks / 2);
  p.steps = o.common.steps;
  // A ring that is as full as it can be moves no more.
  if (p.tokens > std::uint64_t{blocks} * o.depth) {
    throw rk::invalid_argument("--tokens: at most " + std::to_string(blocks * o.depth) +
                               " find room with this depth");
  }
  const ring::state state{session.allocate<ring::token>("held", {blocks}, true),
                          session.allocate<std::uint64_t>("passed", {blocks}, true),
                          session.allocate<std::uint64_t>("put_in", {blocks}, true)};
  const auto box =
      session.create_mailbox<ring::token>("tokens", rk::topology::ring(blocks), {.depth = o.depth});
  std::printf("rk-ring: session '%s' on %s (%s), %u actors of %u threads, %u tokens, process %d\n",
              session.name().c_str(), std::string(to_string(session.backend())).c_str(),
              session.device_name().c_str(), blocks, threads, p.tokens, ::getpid());
  std::fflush(stdout);

  if (!o.restore.empty()) session.restore(o.restore);
  rk::launch_options options = o.common.launch();
  options.sync = rk::synchrony::independent;
  const auto begin = std::chrono::steady_clock::now();
  rk::kernel kernel =
      session.launch_with(options, ring::pass_on, {blocks}, {threads}, p, box, state);
  const std::jthread listening = signals.start([&kernel] { kernel.stop(); });
  const auto end = begin + std::chrono::duration<double>(o.seconds);
  std::chrono::nanoseconds longest_pause{};
  for (int n = 0; n < o.cuts && kernel.state() == rk::kernel::state::running; ++n) {
    const rk::checkpoint cut = kernel.checkpoint();
    longest_pause = std::max(longest_pause, cut.pause());
    const auto from_cut = [&cut](const std::string& symbol, void* to, std::size_t bytes) {
      cut.read(symbol, to, bytes);
    };
    const ring::census c = ring::count_tokens(from_cut, p, blocks, o.depth);
    if (!c.wrong.empty()) return report(("cut " + std::to_string(n + 1)).c_str(), c, p);
    if (o.seconds > 0) {
      static_cast<void>(kernel.wait(std::chrono::duration_cast<std::chrono::nanoseconds>(
          std::chrono::duration<double>(o.seconds) / (o.cuts + 1))));
    }
  }
  if (o.cuts != 0) {
    std::printf("rk-ring: %d cuts, each with all tokens; the longest took %.1f µs\n", o.cuts,
                static_cast<double>(longest_pause.count()) / 1e3);
    std::fflush(stdout);
  }
  if (o.seconds > 0) {
    const auto left = end - std::chrono::steady_clock::now();
    static_cast<void>(kernel.wait(std::max(
        std::chrono::nanoseconds(0), std::chrono::duration_cast<std::chrono::nanoseconds>(left))));
    kernel.stop();
  }
  kernel.wait();
  const auto at_rest = [&session](const std::string& symbol, void* to, std::size_t bytes) {
    session.inspect(symbol, to, bytes);
  };
  const ring::census c = ring::count_tokens(at_rest, p, blocks, o.depth);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("rk-ring: %.3g hops a second\n", static_cast<double>(c.hops) / took.count());
  if (kernel.state() == rk::kernel::state::faulted) {
    std::fprintf(stderr, "rk-ring: the kernel failed: %s\n", kernel.error().c_str());
    return 1;
  }
  return report("at the end", c, p);
}

}  // namespace

int main(int argc, char** argv) {
  return rk::samples::run_sample("rk-ring", run, argc, argv);
}
