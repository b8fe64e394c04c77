// What it costs to read 8 bytes of a running persistent kernel: through the session, over the
// socket, and, as the baseline, by a bare asynchronous copy and a synchronise of the same bytes.
// All three take turns, so that they meet the same conditions. Prints a table and, last, a JSON
// line.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <cuda_runtime_api.h>
#include <nlohmann/json.hpp>

#include <rk/error.hpp>
#include <rk/host.hpp>
#include <rk/protocol/client.hpp>
#include <rk/protocol/runtime_directory.hpp>

#include "bench/statistics.hpp"
#include "wave/wave.hpp"

namespace {

void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  throw rk::cuda_error(std::string(what) + ": " + cudaGetErrorString(result));
}

/// The baseline: what anybody would write.
class bare_copy {
 public:
  explicit bare_copy(const void* from) : from_(from) {
    check(cudaHostAlloc(&to_, 8, cudaHostAllocDefault), "cudaHostAlloc");
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
  }
  ~bare_copy() {
    cudaStreamDestroy(stream_);
    cudaFreeHost(to_);
  }
  bare_copy(const bare_copy&) = delete;
  bare_copy& operator=(const bare_copy&) = delete;
  void operator()() const {
    check(cudaMemcpyAsync(to_, from_, 8, cudaMemcpyDeviceToHost, stream_), "cudaMemcpyAsync");
    check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
  }

 private:
  const void* from_;
  void* to_ = nullptr;
  cudaStream_t stream_ = nullptr;
};

nlohmann::json row(const char* name, const rk::bench::samples& s,
                   const rk::bench::samples& baseline) {
  const double median = s.quantile(0.5);
  const double ratio = median / baseline.quantile(0.5);
  std::printf("%-28s %10.2f %10.2f %10.3f\n", name, median / 1e3, s.quantile(0.99) / 1e3, ratio);
  return {{"name", name},
          {"median_ns", median},
          {"p99_ns", s.quantile(0.99)},
          {"ratio", ratio},
          {"samples", s.count()}};
}

int run(int reads) {
  rk::session session({.name = "read-bench", .backend = rk::backend_kind::cuda});
  const std::uint32_t blocks = session.processor_count();
  wave::parameters parameters;
  parameters.size = 64;
  parameters.source_count = 1;
  parameters.sources[0] = {32, 32, 32, 1.0F};
  const wave::fields fields{session.allocate<float>("pressure", {64, 64, 64}),
                            session.allocate<float>("velocity", {64, 64, 64}),
                            session.allocate<double>("energy_by_block", {blocks})};
  auto* target = session.allocate<std::uint64_t>("eight_bytes", {});
  rk::kernel kernel = session.launch(wave::propagate, {blocks}, {512}, parameters, fields);

  const bare_copy bare(target);
  auto client =
      rk::protocol::client::connect(rk::protocol::runtime_directory() / "read-bench.session");
  const auto catalogue = client.catalogue();
  const auto selection = rk::model::resolve(catalogue, "eight_bytes");
  rk::bench::samples baseline;
  rk::bench::samples in_process;
  rk::bench::samples over_socket;
  std::uint64_t value = 0;
  constexpr int warm_up = 200;
  for (int i = -warm_up; i < reads; ++i) {
    const auto a = rk::bench::time_of(bare);
    const auto b = rk::bench::time_of([&] { kernel.inspect("eight_bytes", &value, sizeof value); });
    const auto c =
        rk::bench::time_of([&] { static_cast<void>(client.read(catalogue, selection)); });
    if (i < 0) continue;
    baseline.add(a);
    in_process.add(b);
    over_socket.add(c);
  }
  kernel.stop();
  kernel.wait();

  std::printf("8-byte read beside rk-wave 64^3 on %s, %d reads\n", session.device_name().c_str(),
              reads);
  std::printf("%-28s %10s %10s %10s\n", "", "median us", "p99 us", "ratio");
  nlohmann::json document = {
      {"schema", "rk-inspect/bench/1"}, {"bench", "read"}, {"device", session.device_name()}};
  document["rows"] = {row("bare copy + synchronise", baseline, baseline),
                      row("kernel.inspect", in_process, baseline),
                      row("client over the socket", over_socket, baseline)};
  std::printf("%s\n", document.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Cost of an 8-byte read beside a running kernel.", "read_bench");
  int reads = 20'000;
  app.add_option("--reads", reads, "Reads of each kind")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (!rk::is_usable(rk::backend_kind::cuda)) {
    std::puts("read_bench: skipped, no GPU on this machine");
    return 0;
  }
  try {
    return run(reads);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "read_bench: %s\n", e.what());
    return 1;
  }
}
