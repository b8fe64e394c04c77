// What telling a running kernel something costs: commands beside a bare flag in host memory, a
// kernel launch and copies; and what an idle kernel draws beside an idle context. Prints a table
// and, last, a JSON line.
#include <atomic>
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>
#include <dlfcn.h>
#include <immintrin.h>
#include <nlohmann/json.hpp>

#include <rk/error.hpp>
#include <rk/host.hpp>

#include "bench/actors.hpp"
#include "bench/cuda_check.hpp"
#include "bench/statistics.hpp"
#include "bench/wave_step.hpp"
#include "echo/echo.hpp"
#include "wave/wave.hpp"

namespace {

using namespace std::chrono_literals;
using rk::bench::check;
using rk::bench::samples;
using clock_type = std::chrono::steady_clock;

struct options {
  int calls = 100'000;
  double power_seconds = 2.5;
  std::uint32_t blocks = 132;
};

/// Between two calls, so that they find the kernel idle, and do not fall into step with its polls:
/// 5 to 9 µs.
void loiter(std::uint32_t& state) {
  state = state * 1664525u + 1013904223u;
  const auto until = clock_type::now() + std::chrono::nanoseconds(5000 + (state >> 20));
  while (clock_type::now() < until) _mm_pause();
}

samples time_bare_echo(int rounds) {
  const rk::bench::stream stream;
  const rk::bench::pinned<std::uint64_t> memory(64);
  std::atomic_ref<std::uint64_t> bell(memory.get()[0]);
  std::atomic_ref<std::uint64_t> answer(memory.get()[32]);
  check(actors::bare_echo(memory.get(), memory.get() + 32, static_cast<std::uint64_t>(rounds),
                          stream.get()),
        "bare echo");
  samples s;
  std::uint32_t state = 1;
  for (std::uint64_t n = 1; n <= static_cast<std::uint64_t>(rounds); ++n) {
    loiter(state);
    const auto begin = clock_type::now();
    bell.store(n, std::memory_order_release);
    while (answer.load(std::memory_order_acquire) != n) {
      if (clock_type::now() - begin > 6s) throw rk::error("the bare echo does not answer");
    }
    s.add(clock_type::now() - begin);
  }
  stream.wait();
  return s;
}

samples time_launches(int count) {
  const rk::bench::stream stream;
  samples s;
  for (int i = -100; i < count; ++i) {
    const auto begin = clock_type::now();
    check(actors::empty_kernel(stream.get()), "empty kernel");
    stream.wait();
    if (i >= 0) s.add(clock_type::now() - begin);
  }
  return s;
}

/// The bell in device memory, rung by a copy; the answer read by copies.
samples time_copies(int rounds) {
  const rk::bench::stream stream;
  const rk::bench::stream copies;
  const rk::bench::pinned<std::uint64_t> staging(2);
  void* memory = nullptr;
  check(cudaMalloc(&memory, 4096), "cudaMalloc");
  check(cudaMemset(memory, 0, 4096), "cudaMemset");
  auto* bell = static_cast<std::uint64_t*>(memory);
  std::uint64_t* answer = bell + 256;
  check(actors::bare_echo(bell, answer, static_cast<std::uint64_t>(rounds), stream.get()), "echo");
  samples s;
  for (std::uint64_t n = 1; n <= static_cast<std::uint64_t>(rounds); ++n) {
    const auto begin = clock_type::now();
    staging.get()[0] = n;
    check(cudaMemcpyAsync(bell, staging.get(), 8, cudaMemcpyHostToDevice, copies.get()), "copy");
    do {
      check(cudaMemcpyAsync(staging.get() + 1, answer, 8, cudaMemcpyDeviceToHost, copies.get()),
            "copy");
      copies.wait();
      if (clock_type::now() - begin > 6s) throw rk::error("the echo does not answer");
    } while (staging.get()[1] != n);
    s.add(clock_type::now() - begin);
  }
  stream.wait();
  check(cudaFree(memory), "cudaFree");
  return s;
}

struct command_times {
  samples call;
  samples in_a_row;  ///< without a pause
  samples post;
};

template <class Kernel, class Command, class... Args>
command_times time_commands(rk::session& session, Kernel& kernel, std::uint32_t blocks,
                            rk::idle_policy idle, rk::instrumentation level, int calls,
                            const rk::command_queue<Command>& queue, const Args&... args) {
  rk::launch_options l;
  l.sync = rk::synchrony::independent;
  l.idle = idle;
  l.level = level;
  rk::kernel k = session.launch_with(l, kernel, {blocks}, {128}, queue, args...);
  command_times times;
  std::uint32_t state = 1;
  for (int i = -1000; i < calls; ++i) {
    loiter(state);
    const Command command{static_cast<std::uint64_t>(i)};
    const auto begin = clock_type::now();
    static_cast<void>(k.call(queue, command));
    if (i >= 0) times.call.add(clock_type::now() - begin);
  }
  for (int i = 0; i < calls; ++i) {
    const auto begin = clock_type::now();
    static_cast<void>(k.call(queue, Command{static_cast<std::uint64_t>(i)}));
    times.in_a_row.add(clock_type::now() - begin);
  }
  // A post alone, many at a time, since reading the clock takes as long.
  constexpr int burst = 32;
  for (int i = 0; i < 2000; ++i) {
    static_cast<void>(k.call(queue, Command{}));  // the queue is empty then
    const auto begin = clock_type::now();
    for (int n = 0; n < burst; ++n) {
      if (k.post(queue, Command{}) != rk::abi::status::ok) throw rk::error("the queue was full");
    }
    times.post.add((clock_type::now() - begin) / burst);
  }
  k.stop();
  if (!k.wait(30s)) throw rk::error("the kernel does not end");
  return times;
}

/// One step of rk-wave at a time: by command to a persistent kernel, and as ordinary kernels.
class wave_steps {
 public:
  wave_steps(rk::session& session, std::uint32_t size)
      : session_(session),
        queue_(session.create_command_queue<std::uint64_t>("steps")),
        fields_{session.allocate<float>("pressure", {size, size, size}),
                session.allocate<float>("velocity", {size, size, size}),
                session.allocate<double>("energy_by_block", {blocks_})} {
    parameters_.size = size;
    parameters_.source_count = 1;
    parameters_.sources[0] = {size / 2, size / 2, size / 2, 1.0F};
  }
  /// Time of a call that takes one step, its answer included.
  samples time_commanded(int steps) {
    rk::launch_options l;
    l.idle = rk::idle_policy::hot;
    rk::kernel k = session_.launch_with(l, wave::propagate_on_command, {blocks_}, {threads_},
                                        parameters_, fields_, queue_);
    samples s;
    for (int i = -1000; i < steps; ++i) {
      const auto begin = clock_type::now();
      static_cast<void>(k.call(queue_, std::uint64_t{1}));
      if (i >= 0) s.add(clock_type::now() - begin);
    }
    k.stop();
    if (!k.wait(30s)) throw rk::error("the kernel does not end");
    return s;
  }
  /// Launch and synchronise; without the energies, which the persistent kernel adds up now and
  /// then.
  template <class Launch>
  samples time_launched(int steps, Launch launch) {
    const rk::bench::stream stream;
    samples s;
    for (int i = -1000; i < steps; ++i) {
      const auto begin = clock_type::now();
      check(launch(blocks_, threads_, parameters_, fields_, stream.get()), "a step of rk-wave");
      stream.wait();
      if (i >= 0) s.add(clock_type::now() - begin);
    }
    return s;
  }

 private:
  static constexpr std::uint32_t blocks_ = 132;
  static constexpr std::uint32_t threads_ = 512;
  rk::session& session_;
  rk::command_queue<std::uint64_t> queue_;
  wave::fields fields_;
  wave::parameters parameters_;
};

/// Energy that the GPU has used, in millijoules, if its library tells.
class energy_meter {
 public:
  energy_meter() {
    library_ = ::dlopen("libnvidia-ml.so.1", RTLD_NOW);
    if (library_ == nullptr) return;
    const auto init = find<int()>("nvmlInit_v2");
    const auto by_index = find<int(unsigned, void**)>("nvmlDeviceGetHandleByIndex_v2");
    read_ = find<int(void*, unsigned long long*)>("nvmlDeviceGetTotalEnergyConsumption");
    if (init == nullptr || by_index == nullptr || init() != 0 || by_index(0, &device_) != 0) {
      read_ = nullptr;
    }
  }
  [[nodiscard]] double watts(double seconds) const {
    unsigned long long before = 0;
    unsigned long long after = 0;
    if (read_ == nullptr || read_(device_, &before) != 0) return 0;
    const auto begin = clock_type::now();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    const std::chrono::duration<double> took = clock_type::now() - begin;
    if (read_(device_, &after) != 0) return 0;
    return static_cast<double>(after - before) / 1e3 / took.count();
  }

 private:
  template <class Function>
  Function* find(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(library_, name));
  }
  void* library_ = nullptr;
  void* device_ = nullptr;
  int (*read_)(void*, unsigned long long*) = nullptr;
};

const char* name_of(rk::idle_policy policy) {
  return policy == rk::idle_policy::hot        ? "hot"
         : policy == rk::idle_policy::balanced ? "balanced"
                                               : "frugal";
}

class report {
 public:
  void add(const std::string& name, const samples& s) {
    std::printf("%-44s p50 %8.3f us  p99 %8.3f us\n", name.c_str(), s.quantile(0.5) / 1e3,
                s.quantile(0.99) / 1e3);
    rows_.push_back({{"name", name}, {"median_ns", s.quantile(0.5)}, {"p99_ns", s.quantile(0.99)}});
  }
  void add_watts(const std::string& name, double watts) {
    std::printf("%-44s %7.1f W\n", name.c_str(), watts);
    rows_.push_back({{"name", name}, {"watts", watts}});
  }
  [[nodiscard]] nlohmann::json rows() const { return rows_; }

 private:
  nlohmann::json rows_ = nlohmann::json::array();
};

void measure(const options& o, report& to) {
  to.add("bare flag in host memory, one thread", time_bare_echo(o.calls));
  to.add("launch of an empty kernel and synchronise", time_launches(o.calls / 10));
  to.add("copies to and from device memory", time_copies(o.calls / 10));
  rk::session session({.name = "command-bench", .backend = rk::backend_kind::cuda, .serve = false});
  const auto queue = session.create_command_queue<echo::order>("orders");
  const auto released = session.create_command_queue<std::uint64_t>("released");
  const echo::statistics told{session.allocate<std::uint64_t>("answered", {}),
                              session.allocate<std::uint64_t>("last_value", {})};
  using level = rk::instrumentation;
  for (const auto policy :
       {rk::idle_policy::hot, rk::idle_policy::balanced, rk::idle_policy::frugal}) {
    const auto t = time_commands(session, echo::answer, o.blocks, policy, level::progress, o.calls,
                                 queue, told);
    to.add(std::string("call, ") + name_of(policy), t.call);
    to.add(std::string("calls in a row, ") + name_of(policy), t.in_a_row);
    to.add(std::string("post, ") + name_of(policy), t.post);
  }
  for (const auto l : {level::off, level::flight_recorder, level::everything}) {
    const auto t = time_commands(session, echo::answer, o.blocks, rk::idle_policy::balanced, l,
                                 o.calls, queue, told);
    const std::string name = "balanced, level " + std::to_string(static_cast<unsigned>(l));
    to.add("call, " + name, t.call);
    to.add("calls in a row, " + name, t.in_a_row);
  }
  const auto with_release =
      time_commands(session, actors::answer_released, 1, rk::idle_policy::balanced, level::progress,
                    o.calls, released);
  to.add("call, answer released", with_release.call);

  wave_steps steps(session, 64);
  to.add("a step of rk-wave 64^3, commanded", steps.time_commanded(o.calls / 5));
  to.add("the same, two kernels launched, synchronise",
         steps.time_launched(o.calls / 5, actors::launch_wave_step));
  to.add("the same, one cooperative kernel, synchronise",
         steps.time_launched(o.calls / 5, actors::launch_wave_step_cooperative));

  const energy_meter meter;
  std::this_thread::sleep_for(2s);
  to.add_watts("idle context", meter.watts(o.power_seconds));
  for (const auto policy :
       {rk::idle_policy::hot, rk::idle_policy::balanced, rk::idle_policy::frugal}) {
    rk::launch_options l;
    l.sync = rk::synchrony::independent;
    l.idle = policy;
    rk::kernel k = session.launch_with(l, actors::idle, {o.blocks}, {128});
    if (!k.wait_idle(10s)) throw rk::error("the kernel does not become idle");
    std::this_thread::sleep_for(1s);
    to.add_watts(std::string("idle kernel, ") + name_of(policy), meter.watts(o.power_seconds));
    k.stop();
    if (!k.wait(30s)) throw rk::error("the kernel does not end");
  }
  to.add_watts("idle context again", meter.watts(o.power_seconds));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Commands to a running kernel, and what an idle one draws.", "command_bench");
  options o;
  app.add_option("--calls", o.calls, "Calls of each kind")->check(CLI::Range(100, 10'000'000));
  app.add_option("--power-seconds", o.power_seconds, "Length of a power measurement");
  app.add_option("--blocks", o.blocks, "Blocks of the kernels")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  if (!rk::is_usable(rk::backend_kind::cuda)) {
    std::puts("command_bench: skipped, no GPU on this machine");
    return 0;
  }
  try {
    report to;
    measure(o, to);
    const nlohmann::json document = {
        {"schema", "rk-inspect/bench/1"}, {"bench", "command"}, {"rows", to.rows()}};
    std::printf("%s\n", document.dump().c_str());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "command_bench: %s\n", e.what());
    return 1;
  }
}
