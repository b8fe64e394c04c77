// rk-agent: watches every target of this user and serves what it sees over HTTP.
#include <csignal>
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include <rk/error.hpp>
#include <rk/exporters/metrics.hpp>
#include <rk/protocol/runtime_directory.hpp>
#include <rk/version.hpp>

#include "http_server.hpp"
#include "own_cost.hpp"
#include "sampler.hpp"

namespace {

struct options {
  std::string listen = "127.0.0.1:9469";
  std::string interval = "100ms";
  std::filesystem::path dump_dir;
  rk::storage::graveyard::limits dumps;
  bool black_box = true;
};

std::string metrics_page(const rk::agent::sampler& sampler, const std::string& host) {
  const rk::agent::process_cost cost = rk::agent::own_cost();
  const rk::agent::watch_counts counts = sampler.counts();
  const rk::exporters::agent_sample own{cost.cpu_seconds, cost.resident_bytes, counts.samples,
                                        counts.errors, counts.last_seconds};
  return rk::exporters::metrics_text(rk::exporters::metric_families(sampler.samples(), own, host));
}

std::chrono::milliseconds parse_interval(const std::string& text) {
  int value = 0;
  char unit[3] = {};
  int used = 0;
  const bool whole = std::sscanf(text.c_str(), "%d%2[ms]%n", &value, unit, &used) == 2 &&
                     static_cast<std::size_t>(used) == text.size();
  const std::string name = unit;
  if (!whole || value <= 0 || value > 3'600'000 || (name != "ms" && name != "s")) {
    throw rk::invalid_argument("--interval " + text + ": write 100ms or 1s");
  }
  return std::chrono::milliseconds(name == "s" ? value * 1000 : value);
}

/// Each segment of a target on a GPU is held by a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int run(const options& o) {
  raise_descriptor_limit();
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGINT);
  sigaddset(&handled, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &handled, nullptr);

  const auto address = rk::agent::parse_listen_address(o.listen);
  const auto interval = parse_interval(o.interval);
  const auto directory = rk::protocol::runtime_directory();
  const auto claim = rk::protocol::claim_service(directory, "rk-agent");
  const std::string host = rk::exporters::own_hostname();
  const rk::storage::graveyard dead(
      o.dump_dir.empty() ? rk::storage::graveyard::default_folder(directory) : o.dump_dir, o.dumps);
  const rk::agent::sampler sampler(directory, interval, o.black_box ? &dead : nullptr);
  const rk::agent::http_server server(
      address,
      {[&] { return metrics_page(sampler, host); }, [&] { return sampler.is_ready(); },
       [&] {
         return rk::exporters::to_text(rk::exporters::targets_document(sampler.targets())) + "\n";
       }});
  std::printf("rk-agent %s: http://%s:%d/metrics, watching %s every %lld ms\n", rk::version,
              address.host.c_str(), server.port(), directory.c_str(),
              static_cast<long long>(interval.count()));
  if (address.host != "127.0.0.1" && address.host != "::1" && address.host != "localhost") {
    std::fprintf(stderr, "rk-agent: %s is open to the network, without encryption or password\n",
                 o.listen.c_str());
  }
  std::fflush(stdout);
  int signal = 0;
  sigwait(&handled, &signal);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Watches targets and serves their metrics.", "rk-agent");
  options o;
  app.set_version_flag("--version", std::string("rk-agent ") + rk::version);
  app.add_option("--listen", o.listen, "Address of the HTTP server; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--interval", o.interval, "Time between two samples of a target")
      ->capture_default_str();
  app.add_option("--dump-dir", o.dump_dir,
                 "Where the last state of dead targets goes (default: the runtime folder's dead/)");
  app.add_option("--dump-count", o.dumps.count, "Most dead targets to keep; the oldest goes first")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--dump-bytes", o.dumps.bytes, "Most bytes of them together")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app.add_flag("!--no-black-box", o.black_box, "Map no target's memory, keep nothing of the dead");
  try {
    app.parse(argc, argv);
    return run(o);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const rk::invalid_argument& e) {
    std::fprintf(stderr, "rk-agent: %s\n", e.what());
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "rk-agent: %s\n", e.what());
    return 1;
  }
}
