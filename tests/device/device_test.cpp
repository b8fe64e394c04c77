// What kernels do on every back-end that this machine has. CUDA is skipped, and says so, without a
// GPU.
#include <chrono>
#include <cstring>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/host.hpp>
#include <rk/model/selection.hpp>
#include <rk/model/value.hpp>
#include <rk/protocol/client.hpp>
#include <rk/protocol/runtime_directory.hpp>

#include "device/device_fixture.hpp"
#include "device/probe.hpp"

extern "C" int set_library_counter_cpu(int value);
#if RK_TEST_CUDA
extern "C" int set_library_counter_cuda(int value);
#endif

namespace {

using namespace std::chrono_literals;

class device_test : public rk::test::device_fixture {
 protected:
  [[nodiscard]] int set_library_counter(int value) const {
#if RK_TEST_CUDA
    if (on_gpu()) return set_library_counter_cuda(value);
#endif
    return set_library_counter_cpu(value);
  }
};

TEST_P(device_test, blocks_of_a_lockstep_kernel_all_leave_at_the_same_step) {
  const std::uint32_t blocks = on_gpu() ? session().processor_count() : 6;
  for (int repetition = 0; repetition < 20; ++repetition) {
    const std::string name = "left_at_" + std::to_string(repetition);
    auto* left_at = session().allocate<std::uint64_t>(name, {blocks});
    rk::kernel kernel =
        session().launch_with(impatient(), probe::lockstep, {blocks}, {block_of(64)}, left_at);
    ASSERT_TRUE(reaches(kernel, static_cast<std::uint64_t>(repetition)));
    kernel.stop();
    ASSERT_TRUE(kernel.wait(30s));
    EXPECT_EQ(kernel.state(), rk::kernel::state::finished) << kernel.error();
    const auto left = inspect<std::uint64_t>(name, blocks);
    for (const auto step : left) ASSERT_EQ(step, left[0]) << "repetition " << repetition;
  }
}

TEST_P(device_test, independent_blocks_stop_without_a_barrier) {
  auto* left_at = session().allocate<std::uint64_t>("left_at", {5});
  auto options = impatient();
  options.sync = rk::synchrony::independent;
  rk::kernel kernel = session().launch_with(options, probe::independent, {5}, {32}, left_at);
  ASSERT_TRUE(reaches(kernel, 3));
  kernel.stop();
  ASSERT_TRUE(kernel.wait(30s));
  for (const auto step : inspect<std::uint64_t>("left_at", 5)) EXPECT_GE(step, 3u);
}

TEST_P(device_test, threads_know_their_place_and_warps_exchange) {
  constexpr std::uint32_t blocks = 3;
  constexpr std::uint32_t threads = 64;
  auto* reports = session().allocate<probe::thread_report>("reports", {blocks, threads});
  rk::kernel kernel = session().launch(probe::execution, {blocks}, {8, 4, 2}, reports);
  ASSERT_TRUE(kernel.wait(30s));
  const auto seen = inspect<probe::thread_report>("reports", blocks * threads);
  for (std::uint32_t b = 0; b < blocks; ++b) {
    for (std::uint32_t t = 0; t < threads; ++t) {
      const auto& r = seen[b * threads + t];
      const std::uint32_t warp = t / 32 * 32;
      EXPECT_EQ(r.thread, t);
      EXPECT_EQ(r.block, b);
      EXPECT_EQ(r.shuffled, warp + 3);
      EXPECT_EQ(r.shuffled_down, t % 32 + 5 < 32 ? t + 5 : t);
      EXPECT_EQ(r.ballot, 0xaaaaaaaaU);
      if (t % 32 == 0) {
        EXPECT_EQ(r.sum, 32 * warp + 31 * 32 / 2);
      }
      EXPECT_EQ(r.any, b == 1 ? 1u : 0u);
    }
  }
}

TEST_P(device_test, a_grid_barrier_lets_nobody_through_early) {
  const std::uint32_t blocks = on_gpu() ? session().processor_count() : 5;
  const std::uint64_t rounds = rk::test::history_length(on_gpu() ? 20'000 : 3'000);
  auto* counter = session().allocate<std::uint64_t>("counter", {});
  auto* wrong = session().allocate<std::uint64_t>("wrong", {blocks});
  rk::kernel kernel = session().launch_with(impatient(), probe::barrier_check, {blocks},
                                            {block_of(64)}, counter, wrong, rounds);
  ASSERT_TRUE(kernel.wait(rk::test::history_limit()));
  EXPECT_EQ(inspect<std::uint64_t>("counter", 1)[0], rounds * blocks);
  for (const auto w : inspect<std::uint64_t>("wrong", blocks)) EXPECT_EQ(w, 0u);
}

TEST_P(device_test, a_wait_that_never_ends_is_ended_by_its_deadline_and_says_what_it_waited_for) {
  rk::kernel kernel = session().launch_with({.wait_deadline = 200ms}, probe::stuck, {4}, {32});
  // Block 0 spins between safe points until it is stopped; the others give up on their own.
  auto client = connect();
  const auto until = std::chrono::steady_clock::now() + 30s;
  rk::model::snapshot shot = client.snapshot(client.catalogue());
  while (shot.kernels[0].count(rk::abi::actor_state::failed) < 3 &&
         std::chrono::steady_clock::now() < until) {
    shot = client.snapshot(std::move(shot.catalogue));
  }
  kernel.stop();
  ASSERT_TRUE(kernel.wait(30s));
  for (std::size_t i = 1; i < 4; ++i) {
    const auto& record = shot.kernels[0].actors[i];
    EXPECT_EQ(record.state, rk::abi::actor_state::failed);
    EXPECT_EQ(record.exit_status, rk::abi::status::timed_out);
    EXPECT_EQ(record.wait.kind, rk::abi::wait_kind::grid_barrier);
    EXPECT_EQ(record.wait.expected, 4u);
    EXPECT_EQ(record.wait.observed, 3u);
    EXPECT_GT(record.wait.source_line, 0u);
  }
}

TEST_P(device_test, an_abort_ends_a_wait_long_before_its_deadline) {
  rk::kernel kernel = session().launch_with({.wait_deadline = 25s}, probe::stuck, {4}, {32});
  ASSERT_FALSE(kernel.wait(50ms));
  const auto begin = std::chrono::steady_clock::now();
  kernel.abort();
  ASSERT_TRUE(kernel.wait(20s));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
}

TEST_P(device_test, a_live_read_never_tears_an_aligned_word) {
  constexpr std::uint64_t count = 1 << 16;
  auto* values = session().allocate<std::uint64_t>("values", {count});
  auto options = impatient();
  options.sync = rk::synchrony::independent;
  rk::kernel kernel = session().launch_with(options, probe::rewrite, {4}, {64}, values, count);
  ASSERT_TRUE(reaches(kernel, 2));
  bool moved = false;
  std::uint64_t first = 0;
  for (int look = 0; look < 50; ++look) {
    for (const std::uint64_t word : inspect<std::uint64_t>("values", count)) {
      ASSERT_EQ(word >> 32, word & 0xffffffffU);
    }
    const auto now = inspect<std::uint64_t>("values", count)[0];
    moved = moved || (first != 0 && now != first);
    first = now;
  }
  EXPECT_TRUE(moved);
  kernel.stop();
  EXPECT_TRUE(kernel.wait(30s));
}

TEST_P(device_test, actor_records_follow_the_kernel) {
  auto* left_at = session().allocate<std::uint64_t>("left_at", {3});
  rk::kernel kernel = session().launch_with(impatient(), probe::lockstep, {3}, {64}, left_at);
  ASSERT_TRUE(reaches(kernel, 10));
  auto client = connect();
  const auto running = client.snapshot(client.catalogue());
  kernel.stop();
  ASSERT_TRUE(kernel.wait(30s));
  const auto ended = client.snapshot(running.catalogue);
  ASSERT_EQ(running.kernels.size(), 1u);
  EXPECT_EQ(running.kernels[0].state, rk::model::kernel_state::running);
  EXPECT_EQ(ended.kernels[0].state, rk::model::kernel_state::finished);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& before = running.kernels[0].actors[i];
    const auto& after = ended.kernels[0].actors[i];
    EXPECT_EQ(before.state, rk::abi::actor_state::running);
    EXPECT_EQ(after.state, rk::abi::actor_state::finished);
    EXPECT_GE(after.progress, before.progress);
    EXPECT_GT(before.started_ns, 0u);
    EXPECT_GE(before.heartbeat_ns, before.started_ns);
    EXPECT_EQ(before.finished_ns, 0u);
    EXPECT_GE(after.finished_ns, after.started_ns);
    EXPECT_EQ(after.wait.kind, rk::abi::wait_kind::none);
  }
}

TEST_P(device_test, marked_variables_have_names_types_and_values) {
  for (const auto* fill : {&probe::fill_markers, &probe::fill_markers_b}) {
    rk::kernel kernel = session().launch(*fill, {1}, {32});
    ASSERT_TRUE(kernel.wait(30s));
    ASSERT_EQ(kernel.state(), rk::kernel::state::finished) << kernel.error();
  }
  ASSERT_EQ(set_library_counter(77), 0);
  auto client = connect();
  const auto catalogue = client.catalogue();
  const auto text = [&](const std::string& expression) {
    const auto selection = rk::model::resolve(catalogue, expression);
    const auto value = client.read(catalogue, selection);
    std::string all;
    const std::size_t size = catalogue.types[value.type].size;
    for (std::size_t at = 0; at < value.bytes.size(); at += size) {
      all += (all.empty() ? "" : " ") +
             rk::model::format_value(catalogue.types, value.type,
                                     std::span(value.bytes).subspan(at, size));
    }
    return all;
  };
  EXPECT_EQ(text("marked_pressure[1,:]"), "10 11 12");
  EXPECT_EQ(text("marked_pressure[:,2]"), "2 12 22 32");
  EXPECT_EQ(text("marked_steps"), "123456789012");
  EXPECT_EQ(text("fluid::cells[3].p"), "1.5");
  EXPECT_EQ(text("cells[:].in[1].v[2]"), "0.25 1.25 2.25 3.25 4.25");
  EXPECT_EQ(text("cells[4].in[1].tag"), "-4");
  EXPECT_EQ(text("cells[1:3].wet"), "true false");
  EXPECT_EQ(text("state"), "warm");
  EXPECT_EQ(text("low_precision"), "0 0.25 0.5 0.75");
  EXPECT_EQ(text("typed_value"), "2.5");
  if (on_gpu()) {
    EXPECT_EQ(text("brain[1]"), "-1.5");
  }
  EXPECT_EQ(text("same_name@markers_a.cu"), "1");
  EXPECT_EQ(text("same_name@markers_b.cu"), "2");
  EXPECT_EQ(text("library_counter"), "77");
  EXPECT_TRUE(catalogue.resolve("marked_steps").checkpoint);
  EXPECT_FALSE(catalogue.resolve("marked_pressure").checkpoint);
}

TEST_P(device_test, two_kernels_run_beside_each_other) {
  auto* first_left = session().allocate<std::uint64_t>("first_left", {2});
  auto* second_left = session().allocate<std::uint64_t>("second_left", {2});
  rk::kernel first = session().launch_with(impatient(), probe::lockstep, {2}, {32}, first_left);
  rk::kernel second = session().launch_with(impatient(), probe::lockstep, {2}, {32}, second_left);
  EXPECT_TRUE(reaches(first, 5));
  EXPECT_TRUE(reaches(second, 5));
  auto client = connect();
  client.stop("lockstep#2", false);
  EXPECT_TRUE(second.wait(30s));
  EXPECT_FALSE(first.wait(0ms));
  client.stop("lockstep", false);
  EXPECT_TRUE(first.wait(30s));
}

TEST_P(device_test, more_kernels_than_can_be_looked_into_are_refused) {
  if (!on_gpu()) GTEST_SKIP() << "the CPU back-end has no queues";
  std::vector<rk::kernel> running;
  const auto launch_one = [&] {
    running.push_back(session().launch_with({.wait_deadline = 60s}, probe::stuck, {1}, {32}));
  };
  try {
    for (int i = 0; i < 32; ++i) launch_one();
    ADD_FAILURE() << "32 kernels run beside each other";
  } catch (const rk::invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find("CUDA_DEVICE_MAX_CONNECTIONS"), std::string::npos);
  }
  EXPECT_GE(running.size(), 4u);
  for (rk::kernel& k : running) EXPECT_TRUE(reaches(k, 1)) << "copies wait for no kernel";
  for (rk::kernel& k : running) k.stop();
  for (rk::kernel& k : running) EXPECT_TRUE(k.wait(rk::test::patience));
  launch_one();
  running.back().stop();
  EXPECT_TRUE(running.back().wait(rk::test::patience)) << "queues are given back";
}

TEST_P(device_test, a_grid_that_cannot_be_resident_is_refused_with_the_limit) {
  auto* left_at = session().allocate<std::uint64_t>("left_at", {1});
  try {
    static_cast<void>(session().launch(probe::lockstep, {1'000'000}, {64}, left_at));
    FAIL() << "was launched";
  } catch (const rk::invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find("at most"), std::string::npos) << e.what();
  }
}

INSTANTIATE_TEST_SUITE_P(on, device_test, rk::test::all_backends, rk::test::backend_name);

}  // namespace
