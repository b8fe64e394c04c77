// rk-wave: a persistent wave simulation to look into.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <numeric>

#include <CLI/CLI.hpp>

#include <rk/exporters/npy.hpp>
#include <rk/host.hpp>

#include "common/sample_options.hpp"
#include "common/stop_on_signal.hpp"
#include "wave/wave.hpp"

namespace {

struct wave_options {
  rk::samples::sample_options common;
  std::uint32_t size = 0;
  float courant = 0.5F;
  std::uint64_t source_period = 64;
  std::vector<std::string> impulses;
  std::string save_field;
  std::string restore;
  std::string exchange = "grid";
  bool times_steps = false;
};

wave_options parse(CLI::App& app, int argc, char** argv) {
  wave_options o;
  app.description(
      "3-D wave equation as one persistent kernel, to be read with rk-inspect while it runs.");
  o.common.add_to(app);
  app.add_option("--size", o.size, "Cells along each edge (default: 64 on a GPU, 24 on the CPU)")
      ->check(CLI::Range(4, 1024));
  app.add_option("--courant", o.courant, "Courant number, at most 0.57")
      ->check(CLI::Range(0.01, 0.57))
      ->capture_default_str();
  app.add_option("--source-period", o.source_period, "Steps between impulses; 0: one only")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--impulse", o.impulses,
                 "Impulse X,Y,Z,AMPLITUDE, up to four (default: one in the middle)")
      ->expected(1, wave::max_sources);
  app.add_option(
         "--exchange", o.exchange,
         "How blocks hear of each other's cells: by a barrier over the grid, or by messages "
         "between neighbouring bricks")
      ->check(CLI::IsMember({"grid", "mailbox"}))
      ->capture_default_str();
  app.add_option("--save-field", o.save_field, "Write the final pressure field to this .npy file");
  app.add_option("--restore", o.restore, "Go on from this checkpoint")->check(CLI::ExistingFile);
  app.add_flag("--longest-step", o.times_steps, "Say at the end how long the longest step took");
  app.parse(argc, argv);
  return o;
}

wave::source parse_impulse(const std::string& text, std::uint32_t size) {
  wave::source s;
  int used = 0;
  const int fields =
      std::sscanf(text.c_str(), "%u,%u,%u,%f%n", &s.x, &s.y, &s.z, &s.amplitude, &used);
  const bool is_whole = fields == 4 && static_cast<std::size_t>(used) == text.size();
  if (!is_whole || s.x >= size || s.y >= size || s.z >= size || !std::isfinite(s.amplitude)) {
    throw rk::invalid_argument("--impulse " + text +
                               ": write X,Y,Z,AMPLITUDE with coordinates below " +
                               std::to_string(size));
  }
  return s;
}

wave::parameters make_parameters(const wave_options& o, std::uint32_t size) {
  wave::parameters p;
  p.size = size;
  // CLI::Range lets a NaN pass.
  if (!std::isfinite(o.courant)) throw rk::invalid_argument("--courant is no number");
  p.courant = o.courant;
  p.steps = o.common.steps;
  p.source_period = o.source_period;
  for (const std::string& text : o.impulses)
    p.sources[p.source_count++] = parse_impulse(text, size);
  if (p.source_count == 0) p.sources[p.source_count++] = {size / 2, size / 2, size / 2, 1.0F};
  return p;
}

void save_field(rk::session& session, std::uint32_t size, const std::string& path) {
  std::vector<float> field(std::size_t{size} * size * size);
  session.inspect("pressure", field.data(), field.size() * sizeof(float));
  rk::exporters::write_npy(path, "'<f4'", {size, size, size}, std::as_bytes(std::span(field)));
  std::printf("rk-wave: pressure is in %s\n", path.c_str());
}

int report(const rk::kernel& kernel, rk::session& session, double seconds, bool times_steps) {
  unsigned long long steps = 0;
  session.inspect("step_counter", &steps, sizeof steps);
  std::printf("rk-wave: %llu steps in %.3f s, %.3f µs a step\n", steps, seconds,
              steps == 0 ? 0.0 : seconds * 1e6 / static_cast<double>(steps));
  if (times_steps) {
    wave::step_times times{};
    session.inspect("step_times", &times, sizeof times);
    std::printf("rk-wave: longest step %.3f µs\n", static_cast<double>(times.longest_ns) / 1e3);
  }
  if (kernel.state() != rk::kernel::state::faulted) return 0;
  std::fprintf(stderr, "rk-wave: the kernel failed: %s\n", kernel.error().c_str());
  return 1;
}

/// Bricks of no more than wave::longest_edge cells along each edge, and one or two for each
/// multiprocessor.
rk::extent3 choose_bricks(const rk::session& session, std::uint32_t size) {
  const std::uint32_t fewest = (size + wave::longest_edge - 1) / wave::longest_edge;
  rk::extent3 bricks{fewest, fewest, fewest};
  if (session.backend() == rk::backend_kind::cpu) return bricks;
  for (std::uint32_t* edge : {&bricks.z, &bricks.y, &bricks.x}) {
    const std::uint64_t all = std::uint64_t{bricks.x} * bricks.y * bricks.z;
    if (all <= session.processor_count() && 2 * *edge <= size) *edge *= 2;
  }
  return bricks;
}

/// One block a multiprocessor while a thread has few cells, since more make the barrier slower; up
/// to four where memory bandwidth counts.
std::uint32_t choose_blocks(const rk::session& session, std::uint32_t size, std::uint32_t threads) {
  if (session.backend() == rk::backend_kind::cpu) return 8;
  constexpr double cells_per_thread = 16;
  const std::uint64_t processors = session.processor_count();
  const double cells = std::pow(static_cast<double>(size), 3);
  const double wanted = cells / (static_cast<double>(processors) * threads * cells_per_thread);
  const auto per_processor = static_cast<std::uint64_t>(std::clamp(wanted, 1.0, 4.0));
  const std::uint64_t most = session.max_resident_blocks(wave::propagate, {threads});
  return static_cast<std::uint32_t>(std::min(most, per_processor * processors));
}

using launcher = std::function<rk::kernel()>;

launcher prepare_stripes(rk::session& session, const wave_options& o, rk::extent3 grid,
                         std::uint32_t threads, const wave::parameters& p, const wave::fields& f) {
  return [&session, launch = o.common.launch(), grid, threads, p, f] {
    return session.launch_with(launch, wave::propagate, grid, {threads}, p, f);
  };
}

launcher prepare_bricks(rk::session& session, const wave_options& o, rk::extent3 grid,
                        std::uint32_t threads, const wave::parameters& p, const wave::fields& f) {
  const std::uint32_t blocks = grid.x * grid.y * grid.z;
  if (blocks == 1) throw rk::invalid_argument("--exchange mailbox takes more than 16 cells");
  const rk::topology neighbours = rk::topology::grid(grid);
  const auto faces = session.create_mailbox<wave::face>("faces", neighbours, {.depth = 2});
  std::vector<std::uint32_t> everybody(blocks);
  std::iota(everybody.begin(), everybody.end(), 0u);
  const auto energy = session.create_barrier("energy", everybody);
  rk::launch_options launch = o.common.launch();
  launch.sync = rk::synchrony::neighbors;
  // What is sent in a step is received in the next: word of a request needs one step more.
  launch.lookahead = neighbours.reach() + 1;
  return [&session, launch, grid, threads, p, f, faces, energy] {
    return session.launch_with(launch, wave::propagate_in_bricks, grid, {threads}, p, f, faces,
                               energy);
  };
}

int run(CLI::App& app, int argc, char** argv) {
  const wave_options o = parse(app, argc, argv);
  rk::samples::stop_on_signal signals;
  rk::session session(o.common.session());
  const bool on_gpu = session.backend() == rk::backend_kind::cuda;
  const std::uint32_t size = o.size != 0 ? o.size : on_gpu ? 64 : 24;
  const bool in_bricks = o.exchange == "mailbox";
  const std::uint32_t usual_threads = !on_gpu ? 64 : in_bricks ? 256 : 512;
  const std::uint32_t threads = o.common.threads != 0 ? o.common.threads : usual_threads;
  if (in_bricks && o.common.blocks != 0) {
    throw rk::invalid_argument("--blocks goes with --exchange grid; bricks follow from --size");
  }
  const rk::extent3 grid = in_bricks ? choose_bricks(session, size)
                           : o.common.blocks != 0
                               ? rk::extent3{o.common.blocks}
                               : rk::extent3{choose_blocks(session, size, threads)};
  const std::uint32_t blocks = grid.x * grid.y * grid.z;

  const wave::fields fields{
      session.allocate<float>("pressure", {size, size, size}, true),
      session.allocate<float>("velocity", {size, size, size}, true),
      session.allocate<double>("energy_by_block", {in_bricks ? 2u : 1u, blocks}),
      o.times_steps ? session.allocate<wave::step_times>("step_times", {}) : nullptr,
      in_bricks ? session.allocate<std::uint64_t>("step_by_block", {blocks}, true) : nullptr};
  const wave::parameters parameters = make_parameters(o, size);
  const auto launch = in_bricks ? prepare_bricks(session, o, grid, threads, parameters, fields)
                                : prepare_stripes(session, o, grid, threads, parameters, fields);
  if (!o.restore.empty()) session.restore(o.restore);
  std::printf(
      "rk-wave: session '%s' on %s (%s), %u x %u x %u cells, %u blocks of %u threads, process %d\n",
      session.name().c_str(), std::string(to_string(session.backend())).c_str(),
      session.device_name().c_str(), size, size, size, blocks, threads, ::getpid());
  std::fflush(stdout);

  const auto begin = std::chrono::steady_clock::now();
  rk::kernel kernel = launch();
  const std::jthread listening = signals.start([&kernel] { kernel.stop(); });
  kernel.wait();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (!o.save_field.empty()) save_field(session, size, o.save_field);
  return report(kernel, session, took.count(), o.times_steps);
}

}  // namespace

int main(int argc, char** argv) {
  return rk::samples::run_sample("rk-wave", run, argc, argv);
}
