// Kernels that leave the device and come back, on every back-end.
#include "device/preemption.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#if RK_TEST_CUDA
#include <cuda_runtime_api.h>
#endif
#include <rk/error.hpp>

#include "device/device_fixture.hpp"

namespace rk::test {
namespace {

constexpr std::uint32_t blocks = 4;
constexpr std::uint32_t threads = 64;

#if RK_TEST_CUDA
/// A stream that can be held up: nothing behind close() runs before open(), or ten seconds later.
class gated_stream {
 public:
  gated_stream() {
    EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
  }
  ~gated_stream() {
    open();
    EXPECT_EQ(cudaStreamDestroy(stream_), cudaSuccess);
  }
  gated_stream(const gated_stream&) = delete;
  gated_stream& operator=(const gated_stream&) = delete;

  [[nodiscard]] cudaStream_t get() const { return stream_; }
  void close() const {
    is_open = false;
    const auto hold = [](void*) {
      const auto until = std::chrono::steady_clock::now() + 10s;
      while (!is_open && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(1ms);
      }
    };
    EXPECT_EQ(cudaLaunchHostFunc(stream_, hold, nullptr), cudaSuccess);
  }
  static void open() { is_open = true; }

 private:
  inline static std::atomic<bool> is_open = true;  ///< outlives what holds the stream up
  cudaStream_t stream_ = nullptr;
};
#endif

class preemption_test : public device_fixture {
 protected:
  probe::counting_state allocate_counting() {
    return {session().allocate<std::uint64_t>("step", {}, true),
            session().allocate<std::uint64_t>("tiles", {blocks, probe::tile_size}, true),
            session().allocate<std::uint64_t>("kinds", {2}), hold()};
  }
  std::uint64_t* hold() {
    if (hold_ == nullptr) hold_ = session().allocate<std::uint64_t>("hold", {});
    return hold_;
  }
  kernel launch_counting(const probe::counting_state& s) {
    return session().launch_with(impatient(), probe::counting, {blocks}, {threads}, s);
  }
  static launch_options independent() {
    launch_options o = impatient();
    o.sync = synchrony::independent;
    return o;
  }
  std::uint64_t step() { return inspect<std::uint64_t>("step", 1).at(0); }
  void expect_whole_state() {
    const std::uint64_t now = step();
    for (const std::uint64_t element :
         inspect<std::uint64_t>("tiles", std::size_t{blocks} * probe::tile_size)) {
      ASSERT_EQ(element, now);
    }
  }

 private:
  std::uint64_t* hold_ = nullptr;
};

TEST_P(preemption_test, a_kernel_leaves_with_its_state_and_goes_on_where_it_was) {
  const auto s = allocate_counting();
  kernel k = launch_counting(s);
  for (int round = 0; round < 5; ++round) {
    const std::uint64_t before = k.steps();
    ASSERT_TRUE(reaches(k, before + 3));
    const preemption left = k.preempt();
    EXPECT_EQ(k.state(), kernel::state::preempted);
    EXPECT_FALSE(k.wait(1ms)) << "a preempted kernel has not ended";
    EXPECT_GE(left.step, before + 3);
    EXPECT_EQ(k.steps(), left.step);
    // At a preemption point the work of a step is done that no safe point has counted.
    EXPECT_GE(step(), left.step);
    EXPECT_LE(step(), left.step + static_cast<std::uint64_t>(round) + 1);
    expect_whole_state();
    k.resume();
  }
  k.stop();
  ASSERT_TRUE(k.wait(patience));
  EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
  EXPECT_EQ(inspect<std::uint64_t>("kinds", 2), (std::vector<std::uint64_t>{0, 5}));
}

TEST_P(preemption_test, a_kernel_runs_and_goes_on_behind_what_the_callers_stream_holds) {
  if (!on_gpu()) {
    stream_handle some = reinterpret_cast<stream_handle>(this);
    EXPECT_THROW(static_cast<void>(session().launch_with({.stream = some}, probe::counting,
                                                         {blocks}, {threads}, allocate_counting())),
                 invalid_argument);
    return;
  }
#if RK_TEST_CUDA
  const gated_stream stream;
  auto options = impatient();
  options.stream = stream.get();
  const auto s = allocate_counting();
  stream.close();
  kernel k = session().launch_with(options, probe::counting, {blocks}, {threads}, s);
  EXPECT_FALSE(k.wait(50ms));
  EXPECT_EQ(k.steps(), 0u);
  stream.open();
  ASSERT_TRUE(reaches(k, 3));
  k.preempt();
  stream.close();
  const std::uint64_t before = k.resume(stream.get());
  EXPECT_FALSE(k.wait(50ms));
  EXPECT_EQ(k.steps(), before);
  stream.open();
  ASSERT_TRUE(reaches(k, before + 3));
  k.stop();
  ASSERT_TRUE(k.wait(patience));
  EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
#endif
}

TEST_P(preemption_test, a_checkpoint_contains_what_kernels_keep_in_shared_memory) {
  const auto s = allocate_counting();
  kernel k = launch_counting(s);
  ASSERT_TRUE(reaches(k, 3));
  for (int round = 0; round < 10; ++round) {
    const checkpoint c = k.checkpoint();
    std::vector<std::byte> bytes;
    c.drain([&](std::span<const std::byte> piece) {
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    });
    // Behind the markers of this program: `step`, and the tiles.
    std::vector<std::uint64_t> values(1 + std::size_t{blocks} * probe::tile_size);
    ASSERT_GE(bytes.size(), values.size() * sizeof(std::uint64_t));
    std::memcpy(values.data(), &*(bytes.end() - std::ssize(values) * 8), values.size() * 8);
    EXPECT_EQ(values, std::vector<std::uint64_t>(values.size(), values.front()));
  }
  k.stop();
  ASSERT_TRUE(k.wait(patience));
}

TEST_P(preemption_test, a_stop_ends_a_kernel_that_is_away) {
  const auto s = allocate_counting();
  kernel k = launch_counting(s);
  ASSERT_TRUE(reaches(k, 1));
  k.preempt();
  k.stop();
  EXPECT_TRUE(k.wait(patience));
  EXPECT_EQ(k.state(), kernel::state::finished);
  EXPECT_THROW(k.resume(), error);
}

TEST_P(preemption_test, what_runs_cannot_be_resumed_and_what_left_cannot_leave) {
  const auto s = allocate_counting();
  kernel k = launch_counting(s);
  ASSERT_TRUE(reaches(k, 1));
  EXPECT_THROW(k.resume(), error);
  k.preempt();
  EXPECT_THROW(k.preempt(), error);
  EXPECT_THROW(k.preempt({.urgency = 101}), invalid_argument);
}

TEST_P(preemption_test, a_kernel_that_keeps_no_records_is_not_made_to_leave) {
  auto options = impatient();
  options.level = instrumentation::off;
  kernel k =
      session().launch_with(options, probe::counting, {blocks}, {threads}, allocate_counting());
  EXPECT_THROW(k.preempt(), error);
  EXPECT_EQ(k.state(), kernel::state::running);
}

TEST_P(preemption_test, a_session_ends_while_its_kernel_is_away) {
  kernel k = launch_counting(allocate_counting());
  ASSERT_TRUE(reaches(k, 1));
  k.preempt();
  const auto begin = std::chrono::steady_clock::now();
  close_session();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s) << "it waited for what does not run";
  EXPECT_THROW(k.resume(), error);
}

TEST_P(preemption_test, a_kernel_that_is_asked_to_end_as_well_has_not_just_left) {
  kernel k = launch_counting(allocate_counting());
  ASSERT_TRUE(reaches(k, 1));
  k.stop();
  EXPECT_THROW(k.preempt(), error);
  ASSERT_TRUE(k.wait(patience));
  EXPECT_EQ(k.state(), kernel::state::finished);
}

TEST_P(preemption_test, state_that_is_being_read_stays_as_it_is) {
  kernel k = launch_counting(allocate_counting());
  ASSERT_TRUE(reaches(k, 1));
  k.preempt();
  {
    const checkpoint c = k.checkpoint();
    EXPECT_THROW(k.resume(), busy);
  }
  k.resume();
  EXPECT_TRUE(reaches(k, k.steps() + 1));
}

TEST_P(preemption_test, one_device_runs_two_kernels_in_turns) {
  const auto s = allocate_counting();
  auto* steps = session().allocate<std::uint64_t>("steps", {blocks});
  auto* goals = session().allocate<std::uint64_t>("goals", {blocks});
  kernel first = launch_counting(s);
  ASSERT_TRUE(reaches(first, 1));
  first.preempt();
  // Its goals are zero: it ends at once, on a device that is free for it.
  kernel second = session().launch_with(independent(), probe::loners, {blocks}, {threads}, steps,
                                        goals, hold());
  ASSERT_TRUE(second.wait(patience));
  const std::uint64_t before = first.steps();
  first.resume();
  EXPECT_TRUE(reaches(first, before + 3));
}

TEST_P(preemption_test, waits_for_outside_events_give_way_when_it_is_urgent) {
  auto* word = session().allocate<std::uint64_t>("word", {});
  auto* gave_way = session().allocate<std::uint64_t>("gave_way", {blocks});
  auto options = independent();
  options.wait_deadline = 60s;
  kernel k = session().launch_with(options, probe::waiting, {blocks}, {threads}, word, gave_way);
  ASSERT_TRUE(eventually([&] {
    const auto actors = inspect<abi::actor_record>("rk.waiting.actors", blocks);
    return std::count_if(actors.begin(), actors.end(), [](const abi::actor_record& a) {
             return a.wait.kind == abi::wait_kind::user;
           }) == 3;
  }));
  try {
    k.preempt({.urgency = 0, .limit = 200ms});
    FAIL() << "three actors do not come";
  } catch (const timeout& e) {
    const std::string text = e.what();
    EXPECT_NE(text.find("3 in user"), std::string::npos) << text;
    EXPECT_NE(text.find("(actors 1 2 3)"), std::string::npos) << text;
  }
  EXPECT_EQ(k.state(), kernel::state::running);
  EXPECT_EQ(inspect<std::uint64_t>("gave_way", blocks), std::vector<std::uint64_t>(blocks, 0));
  k.preempt({.urgency = 100, .limit = 10s});
  EXPECT_EQ(k.state(), kernel::state::preempted);
  EXPECT_EQ(inspect<std::uint64_t>("gave_way", blocks), (std::vector<std::uint64_t>{0, 1, 1, 1}));
  k.resume();
  ASSERT_TRUE(reaches(k, 1));
  k.abort();
  EXPECT_TRUE(k.wait(patience));
}

TEST_P(preemption_test, actors_of_their_own_leave_together_and_those_that_ended_stay_ended) {
  auto* steps = session().allocate<std::uint64_t>("steps", {blocks});
  auto* goals = session().allocate<std::uint64_t>("goals", {blocks});
  {
    // Actor 2 has nothing to do; the others go on for ever.
    const std::vector<std::uint64_t> far{~0ULL, ~0ULL, 0, ~0ULL};
    const model::symbol goal = connect().catalogue().resolve("goals");
    auto c = connect();
    kernel idle = session().launch_with(impatient(), probe::counting, {blocks}, {threads},
                                        allocate_counting());
    c.load({.kernel = idle.name(), .ranges = {{goal.id, 0, goal.bytes}}},
           std::as_bytes(std::span(far)));
    idle.stop();
    ASSERT_TRUE(idle.wait(patience));
  }
  kernel k = session().launch_with(independent(), probe::loners, {blocks}, {threads}, steps, goals,
                                   hold());
  const auto working = [&] {
    const auto now = inspect<std::uint64_t>("steps", blocks);
    return std::min({now[0], now[1], now[3]});
  };
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t before = working();
    ASSERT_TRUE(eventually([&] { return working() > before; }));
    k.preempt();
    EXPECT_EQ(k.state(), kernel::state::preempted);
    const auto at_rest = inspect<std::uint64_t>("steps", blocks);
    EXPECT_EQ(inspect<std::uint64_t>("steps", blocks), at_rest);
    EXPECT_EQ(at_rest[2], 0u);
    k.resume();
  }
  k.stop();
  EXPECT_TRUE(k.wait(patience));
  EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
}

INSTANTIATE_TEST_SUITE_P(on, preemption_test, all_backends, backend_name);

}  // namespace
}  // namespace rk::test
