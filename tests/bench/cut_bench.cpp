// What a consistent picture costs a running kernel: the pause of a cut beside a device-to-device
// copy of the same bytes, the drain of the shadow beside a plain copy to pinned memory, and a
// checkpoint file beside a plain write of the same bytes; and how long a kernel takes to leave the
// GPU and to come back. Baselines are taken before the kernel starts. Prints a table and, last, a
// JSON line.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <cuda_runtime_api.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/host.hpp>

#include "bench/statistics.hpp"
#include "torture/torture.hpp"

namespace {

using rk::bench::samples;

void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  throw rk::cuda_error(std::string(what) + ": " + cudaGetErrorString(result));
}

std::chrono::nanoseconds nanoseconds(double ns) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(ns));
}

/// cudaMemcpyAsync of `bytes`, timed by events on the device.
samples time_copies(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, int count) {
  cudaStream_t stream = nullptr;
  cudaEvent_t begin = nullptr;
  cudaEvent_t end = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
  check(cudaEventCreate(&begin), "cudaEventCreate");
  check(cudaEventCreate(&end), "cudaEventCreate");
  samples s;
  for (int i = -2; i < count; ++i) {
    check(cudaEventRecord(begin, stream), "cudaEventRecord");
    check(cudaMemcpyAsync(to, from, bytes, kind, stream), "cudaMemcpyAsync");
    check(cudaEventRecord(end, stream), "cudaEventRecord");
    check(cudaEventSynchronize(end), "cudaEventSynchronize");
    float ms = 0;
    check(cudaEventElapsedTime(&ms, begin, end), "cudaEventElapsedTime");
    if (i >= 0) s.add(nanoseconds(ms * 1e6));
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  cudaStreamDestroy(stream);
  return s;
}

/// Memory that is freed before the kernel starts: freeing beside it would wait for it.
struct device_memory {
  explicit device_memory(std::size_t bytes) { check(cudaMalloc(&data, bytes), "cudaMalloc"); }
  ~device_memory() { cudaFree(data); }
  device_memory(const device_memory&) = delete;
  device_memory& operator=(const device_memory&) = delete;
  void* data = nullptr;
};
struct pinned_memory {
  explicit pinned_memory(std::size_t bytes) {
    check(cudaHostAlloc(&data, bytes, cudaHostAllocDefault), "cudaHostAlloc");
  }
  ~pinned_memory() { cudaFreeHost(data); }
  pinned_memory(const pinned_memory&) = delete;
  pinned_memory& operator=(const pinned_memory&) = delete;
  void* data = nullptr;
};

/// Writes `bytes` of the same content to a new file, in pieces as large as a checkpoint's.
void write_plain(const std::filesystem::path& path, const void* data, std::size_t piece,
                 std::size_t bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) throw rk::system_error("open", errno);
  for (std::size_t at = 0; at < bytes; at += piece) {
    if (::write(file, data, std::min(piece, bytes - at)) < 0)
      throw rk::system_error("write", errno);
  }
  ::close(file);
}

struct baseline {
  samples device_copy;
  samples pinned_copy;
  samples plain_write;
};

struct options {
  int cuts = 30;
  int drains = 5;
  std::filesystem::path folder = "/dev/shm";
  std::vector<std::uint64_t> sizes{64u << 20, 1u << 30};
};

baseline measure_baseline(std::size_t bytes, const options& o) {
  baseline b;
  {
    const device_memory from(bytes);
    const device_memory to(bytes);
    b.device_copy = time_copies(to.data, from.data, bytes, cudaMemcpyDeviceToDevice, o.cuts);
    const std::size_t pinned_bytes = std::min<std::size_t>(bytes, 1u << 30);
    const pinned_memory host(pinned_bytes);
    b.pinned_copy =
        time_copies(host.data, from.data, pinned_bytes, cudaMemcpyDeviceToHost, o.drains);
  }
  constexpr std::size_t piece = 4u << 20;
  const std::vector<std::byte> content(piece, std::byte{0x5a});
  const auto path = o.folder / "rk-cut-bench.plain";
  for (int i = 0; i < o.drains; ++i) {
    std::filesystem::remove(path);
    b.plain_write.add(rk::bench::time_of([&] { write_plain(path, content.data(), piece, bytes); }));
  }
  std::filesystem::remove(path);
  return b;
}

double gigabytes_a_second(std::size_t bytes, double ns) {
  return static_cast<double>(bytes) / ns;
}

nlohmann::json measure(std::size_t bytes, const options& o) {
  const baseline base = measure_baseline(bytes, o);
  rk::session session({.name = "cut-bench", .backend = rk::backend_kind::cuda});
  torture::parameters p;
  p.count = bytes / sizeof(std::uint64_t);
  p.pattern = session.allocate<std::uint64_t>("pattern", {p.count}, true);
  p.writes = session.publication("pattern", session.processor_count());
  const std::size_t pinned_bytes = std::min<std::size_t>(bytes, 1u << 30);
  const pinned_memory beside(pinned_bytes);
  rk::kernel kernel = session.launch(torture::rewrite, {session.processor_count()}, {512}, p);

  samples pause;
  samples request;
  samples drain;
  samples file;
  const auto path = o.folder / "rk-cut-bench.safetensors";
  for (int i = 0; i < o.cuts; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const rk::checkpoint c = kernel.checkpoint();
    request.add(std::chrono::steady_clock::now() - begin);
    pause.add(c.pause());
    if (i >= o.drains) continue;
    std::uint64_t seen = 0;
    drain.add(rk::bench::time_of(
        [&] { c.drain([&seen](std::span<const std::byte> piece) { seen += piece.size(); }); }));
    if (seen < bytes) throw rk::error("the drain was cut short");
    std::filesystem::remove(path);
    file.add(rk::bench::time_of([&] { c.save(path); }));
  }
  std::filesystem::remove(path);
  // What a plain copy reaches while the kernel uses the same memory.
  const samples beside_kernel =
      time_copies(beside.data, p.pattern, pinned_bytes, cudaMemcpyDeviceToHost, o.drains);
  samples preempt;
  samples resume;
  for (int i = 0; i < o.cuts; ++i) {
    preempt.add(kernel.preempt().took);
    resume.add(rk::bench::time_of([&] {
      const std::uint64_t before = kernel.steps();
      kernel.resume();
      while (kernel.steps() == before) {
      }
    }));
  }
  kernel.stop();
  kernel.wait();

  const double copy_ns = base.device_copy.quantile(0.5);
  const double pinned_rate = gigabytes_a_second(pinned_bytes, base.pinned_copy.quantile(0.5));
  const double beside_rate = gigabytes_a_second(pinned_bytes, beside_kernel.quantile(0.5));
  const double drain_rate = gigabytes_a_second(bytes, drain.quantile(0.5));
  const double file_rate = gigabytes_a_second(bytes, file.quantile(0.5));
  const double write_rate = gigabytes_a_second(bytes, base.plain_write.quantile(0.5));
  std::printf(
      "%6zu MiB  pause %9.1f us (p99 %9.1f)  device copy %9.1f us  ratio %.3f  asked to there "
      "%9.1f us\n",
      bytes >> 20, pause.quantile(0.5) / 1e3, pause.quantile(0.99) / 1e3, copy_ns / 1e3,
      pause.quantile(0.5) / copy_ns, request.quantile(0.5) / 1e3);
  std::printf(
      "            drain %.1f GB/s  pinned copy %.1f GB/s  ratio %.3f  pinned copy beside the "
      "kernel "
      "%.1f GB/s\n"
      "            file %.2f GB/s  plain write %.2f GB/s\n",
      drain_rate, pinned_rate, drain_rate / pinned_rate, beside_rate, file_rate, write_rate);
  std::printf(
      "            preempt to GPU free %.1f us (p99 %.1f)  resume to next step done %.1f us\n",
      preempt.quantile(0.5) / 1e3, preempt.quantile(0.99) / 1e3, resume.quantile(0.5) / 1e3);
  return {{"preempt_median_ns", preempt.quantile(0.5)},
          {"preempt_p99_ns", preempt.quantile(0.99)},
          {"resume_median_ns", resume.quantile(0.5)},
          {"bytes", bytes},
          {"pause_median_ns", pause.quantile(0.5)},
          {"pause_p99_ns", pause.quantile(0.99)},
          {"device_copy_median_ns", copy_ns},
          {"pause_ratio", pause.quantile(0.5) / copy_ns},
          {"request_median_ns", request.quantile(0.5)},
          {"drain_gb_s", drain_rate},
          {"pinned_copy_gb_s", pinned_rate},
          {"pinned_copy_beside_kernel_gb_s", beside_rate},
          {"drain_ratio", drain_rate / pinned_rate},
          {"file_gb_s", file_rate},
          {"plain_write_gb_s", write_rate}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Cost of cuts and checkpoints beside a running kernel.", "cut_bench");
  options o;
  app.add_option("--cuts", o.cuts, "Cuts of each size")->check(CLI::PositiveNumber);
  app.add_option("--drains", o.drains, "Drains and files of each size")->check(CLI::PositiveNumber);
  app.add_option("--folder", o.folder, "Where checkpoint files go")->capture_default_str();
  app.add_option("--size", o.sizes, "Bytes of state")->transform(CLI::AsSizeValue(false));
  CLI11_PARSE(app, argc, argv);
  if (!rk::is_usable(rk::backend_kind::cuda)) {
    std::puts("cut_bench: skipped, no GPU on this machine");
    return 0;
  }
  try {
    nlohmann::json document = {{"schema", "rk-inspect/bench/1"}, {"bench", "cut"}};
    for (const std::uint64_t bytes : o.sizes) document["rows"].push_back(measure(bytes, o));
    std::printf("%s\n", document.dump().c_str());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "cut_bench: %s\n", e.what());
    return 1;
  }
}
