// rk-echo: a kernel that waits for commands and answers them.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/host.hpp>

#include "common/sample_options.hpp"
#include "common/stop_on_signal.hpp"
#include "echo/echo.hpp"

namespace {

struct echo_options {
  rk::samples::sample_options common;
  std::uint32_t senders = 1;
  std::uint64_t calls = 0;
  std::uint64_t every_us = 0;
  std::uint32_t depth = 64;
};

echo_options parse(CLI::App& app, int argc, char** argv) {
  echo_options o;
  app.description("A kernel that answers commands; says how long the way there and back takes.");
  o.common.add_to(app);
  app.add_option("--senders", o.senders, "Threads that send")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--calls", o.calls, "Calls of each thread; 0: until SIGINT or SIGTERM")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--every-us", o.every_us, "Pause between two calls, in microseconds")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--depth", o.depth, "Commands that can be under way; a power of two")
      ->capture_default_str();
  app.parse(argc, argv);
  return o;
}

/// Times of all senders' calls, in nanoseconds.
class round_trips {
 public:
  void add(const std::vector<std::int64_t>& some) {
    const std::lock_guard lock(mutex_);
    all_.insert(all_.end(), some.begin(), some.end());
  }
  void report() {
    std::sort(all_.begin(), all_.end());
    if (all_.empty()) return;
    const auto at = [this](double part) {
      const auto index = static_cast<std::size_t>(part * static_cast<double>(all_.size() - 1));
      return static_cast<double>(all_[index]) / 1e3;
    };
    std::printf(
        "rk-echo: %zu calls, there and back in %.2f µs (median), %.2f µs (p99), %.2f µs (p99.9)\n",
        all_.size(), at(0.5), at(0.99), at(0.999));
  }

 private:
  std::mutex mutex_;
  std::vector<std::int64_t> all_;
};

/// As many as are worth keeping of a sender that runs for hours.
constexpr std::size_t max_kept = 1u << 20;

void send(rk::kernel kernel, const rk::command_queue<echo::order>& queue, const echo_options& o,
          std::uint32_t sender, const std::atomic<bool>& is_over, round_trips& times) {
  std::vector<std::int64_t> own;
  for (std::uint64_t n = 0; !is_over && (o.calls == 0 || n < o.calls); ++n) {
    const std::uint64_t value = n << 8 | sender;
    const rk::command_answer answer = kernel.call(queue, {value});
    if (answer.value != value) throw rk::error("an answer belongs to another command");
    if (own.size() < max_kept) own.push_back(answer.round_trip.count());
    if (o.every_us != 0) std::this_thread::sleep_for(std::chrono::microseconds(o.every_us));
  }
  times.add(own);
}

int run(CLI::App& app, int argc, char** argv) {
  const echo_options o = parse(app, argc, argv);
  rk::samples::stop_on_signal signals;
  rk::session session(o.common.session());
  const bool on_gpu = session.backend() == rk::backend_kind::cuda;
  const std::uint32_t blocks = o.common.blocks != 0 ? o.common.blocks
                               : on_gpu             ? session.processor_count()
                                                    : 2;
  const std::uint32_t threads = o.common.threads != 0 ? o.common.threads : on_gpu ? 128 : 4;
  const auto queue = session.create_command_queue<echo::order>("orders", {.depth = o.depth});
  const echo::statistics told{session.allocate<std::uint64_t>("answered", {}),
                              session.allocate<std::uint64_t>("last_value", {})};
  rk::launch_options options = o.common.launch();
  options.sync = rk::synchrony::independent;
  rk::kernel kernel = session.launch_with(options, echo::answer, {blocks}, {threads}, queue, told);
  std::printf("rk-echo: session '%s' on %s (%s), %u blocks of %u threads, %u senders, process %d\n",
              session.name().c_str(), std::string(to_string(session.backend())).c_str(),
              session.device_name().c_str(), blocks, threads, o.senders, ::getpid());
  std::fflush(stdout);

  std::atomic<bool> is_over = false;
  const std::jthread listening = signals.start([&is_over] { is_over = true; });
  round_trips times;
  std::exception_ptr failure;
  std::mutex failure_mutex;
  std::vector<std::jthread> senders;
  for (std::uint32_t s = 0; s < o.senders; ++s) {
    senders.emplace_back([&, s] {
      try {
        send(kernel, queue, o, s, is_over, times);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure && !is_over) failure = std::current_exception();
        is_over = true;
      }
    });
  }
  senders.clear();
  times.report();
  kernel.stop();
  kernel.wait();
  if (failure) std::rethrow_exception(failure);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return rk::samples::run_sample("rk-echo", run, argc, argv);
}
