#include <atomic>
#include <thread>

#include <unistd.h>

#include <rk/protocol/runtime_directory.hpp>

#include "libinspect/device/probe.hpp"
#include "libinspect/support/child_process.hpp"

namespace rk {
namespace {

using test::eventually;
using test::expect_end;
using test::has;
using test::patience;
using test::private_runtime;
using test::refusal;
using test::unserved;

[[nodiscard]] session_options served(const std::string& name) {
  session_options o;
  o.name = name;
  o.backend = backend_kind::cpu;
  return o;
}

__global__ void run_until_stopped(rk::device_view view) {
  rk::actor self = rk::start(view);
  while (rk::safe_point(self)) {
    if (rk::grid_sync(self) != rk::status::ok) break;
  }
  rk::finish(self);
}

/// What a child process does: holds a session of this name until its parent says so.
auto serving_until_told(std::string name) {
  return [name = std::move(name)](const test::child_process::line& parent) {
    const session s(served(name));
    parent.signal();
    return parent.await() ? 0 : 1;
  };
}

TEST(session, it_says_where_its_kernels_run) {
  const session s(unserved());
  EXPECT_EQ(s.name(), "probe");
  EXPECT_EQ(s.backend(), backend_kind::cpu);
  EXPECT_EQ(s.device_name(), "CPU back-end");
  EXPECT_GE(s.processor_count(), 1u);
}

TEST(session, a_name_left_out_is_made_of_the_program_and_its_pid) {
  session_options o = unserved();
  o.name.clear();
  const session s(o);
  EXPECT_TRUE(has(s.name(), std::to_string(::getpid())));
  EXPECT_TRUE(protocol::is_valid_name(s.name()));
}

TEST(session, a_name_that_is_no_file_name_is_refused) {
  for (const std::string name : {"a/b", "..", "-a", "a b"}) {
    session_options o = unserved();
    o.name = name;
    EXPECT_TRUE(has(refusal<invalid_argument>([&] { session s(o); }), "session name")) << name;
  }
}

TEST(session, a_name_that_this_process_uses_is_refused_and_free_again_after_its_end) {
  const private_runtime runtime;
  std::optional<session> first(served("twice"));
  const std::string text = refusal([] { session second(served("twice")); });
  EXPECT_TRUE(has(text, "'twice' runs already")) << text;
  EXPECT_TRUE(has(text, std::to_string(::getpid()))) << text;
  first.reset();
  EXPECT_NO_THROW(session(served("twice")));
  EXPECT_TRUE(std::filesystem::is_empty(runtime.path()));
}

TEST(session, a_name_that_another_process_uses_is_refused_with_its_pid) {
  const private_runtime runtime;
  test::child_process child(serving_until_told("taken"));
  ASSERT_TRUE(child.await());
  const std::string text = refusal([] { session second(served("taken")); });
  EXPECT_TRUE(has(text, "process " + std::to_string(child.pid()))) << text;
  child.signal();
  EXPECT_EQ(child.exit_code(), 0);
}

TEST(session, a_name_of_a_process_that_was_killed_is_free) {
  const private_runtime runtime;
  test::child_process child(serving_until_told("killed"));
  ASSERT_TRUE(child.await());
  child.kill_now();
  EXPECT_FALSE(std::filesystem::is_empty(runtime.path()));
  const session s(served("killed"));
  EXPECT_EQ(protocol::list_sessions(runtime.path()).size(), 1u);
}

TEST(session, the_wrong_device_number_is_refused) {
  session_options o = unserved();
  o.device = 3;
  EXPECT_THROW(session{o}, not_found);
}

TEST(session, its_end_stops_kernels_that_run) {
  std::optional<kernel> k;
  {
    session s(unserved());
    k = s.launch(run_until_stopped, {3}, {2});
  }
  EXPECT_TRUE(has(refusal([&] { static_cast<void>(k->state()); }), "gone"));
}

TEST(session, every_call_of_a_kernel_after_its_session_is_an_error_and_no_crash) {
  std::optional<session> s(unserved());
  auto* x = s->allocate<int>("x", {});
  *x = 5;
  kernel k = s->launch(run_until_stopped, {2}, {1});
  s.reset();
  int copy = 0;
  EXPECT_THROW(static_cast<void>(k.state()), rk::error);
  EXPECT_THROW(static_cast<void>(k.error()), rk::error);
  EXPECT_THROW(static_cast<void>(k.steps()), rk::error);
  EXPECT_THROW(k.stop(), rk::error);
  EXPECT_THROW(k.abort(), rk::error);
  EXPECT_THROW(k.wait(), rk::error);
  EXPECT_THROW(static_cast<void>(k.wait(std::chrono::seconds(1))), rk::error);
  EXPECT_THROW(k.inspect("x", &copy, sizeof copy), rk::error);
  EXPECT_EQ(k.name(), "kernel");
}

/// Block 1 waits for block 0, which has ended: a stop does not reach it.
__global__ void wait_for_nobody(rk::device_view view, std::atomic<int>* ended) {
  rk::actor self = rk::start(view);
  if (self.index == 1) static_cast<void>(rk::grid_sync(self));
  rk::finish(self);
  ++*ended;
}

TEST(session, its_end_aborts_a_kernel_that_does_not_stop) {
  std::atomic<int> ended{0};
  const auto begin = std::chrono::steady_clock::now();
  {
    session s(unserved());
    static_cast<void>(
        s.launch_with({.wait_deadline = std::chrono::hours(1)}, wait_for_nobody, {2}, {1}, &ended));
  }
  EXPECT_EQ(ended, 2);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, patience);
}

TEST(session, it_moves_with_all_that_it_has) {
  session first(unserved());
  auto* x = first.allocate<int>("x", {});
  *x = 5;
  session second(std::move(first));
  int copy = 0;
  second.inspect("x", &copy, sizeof copy);
  EXPECT_EQ(copy, 5);
}

__global__ void fail_in_block_one(rk::device_view view) {
  rk::actor self = rk::start(view);
  if (self.index == 1) throw std::runtime_error("pressure is negative");
  static_cast<void>(rk::grid_sync(self));
  rk::finish(self);
}

TEST(launch, a_kernel_that_throws_is_faulted_and_the_blocks_that_wait_for_it_end) {
  session s(unserved());
  const kernel k =
      s.launch_with({.wait_deadline = std::chrono::hours(1)}, fail_in_block_one, {4}, {3});
  expect_end(k, kernel::state::faulted);
  EXPECT_EQ(k.error(), "pressure is negative");
  const auto records = test::records_of(s, "kernel", 4);
  EXPECT_EQ(records[0].exit_status, status::aborted);
  EXPECT_EQ(records[1].state, abi::actor_state::running);
}

TEST(launch, a_grid_that_cannot_be_resident_is_refused_with_the_largest_that_can) {
  session s(unserved());
  EXPECT_TRUE(has(refusal<invalid_argument>(
                      [&] { static_cast<void>(s.launch(run_until_stopped, {257}, {1})); }),
                  "at most 256"));
  EXPECT_TRUE(has(refusal<invalid_argument>(
                      [&] { static_cast<void>(s.launch(run_until_stopped, {17}, {1024})); }),
                  "at most 16"));
  EXPECT_THROW(static_cast<void>(s.launch(run_until_stopped, {1}, {1025})), invalid_argument);
  EXPECT_THROW(static_cast<void>(s.launch(run_until_stopped, {0}, {1})), invalid_argument);
  EXPECT_THROW(static_cast<void>(s.launch(run_until_stopped, {1}, {0})), invalid_argument);
}

TEST(launch, what_was_refused_leaves_no_kernel_behind) {
  session s(unserved());
  EXPECT_THROW(static_cast<void>(s.launch(run_until_stopped, {1}, {1025})), invalid_argument);
  EXPECT_THROW(static_cast<void>(s.launch(run_until_stopped, {1}, {0})), invalid_argument);
  kernel k = s.launch(run_until_stopped, {1}, {1});
  EXPECT_EQ(k.name(), "kernel");
  k.stop();
  expect_end(k);
}

TEST(launch, kernels_of_one_name_are_told_apart_by_the_name_of_their_handle) {
  session s(unserved());
  kernel first = s.launch_with({.name = "march"}, run_until_stopped, {2}, {1});
  kernel second = s.launch_with({.name = "march"}, run_until_stopped, {3}, {1});
  EXPECT_EQ(first.name(), "march");
  EXPECT_EQ(second.name(), "march#2");
  EXPECT_EQ(test::records_of(s, second.name(), 3).size(), 3u);
  first.stop();
  expect_end(first);
  EXPECT_EQ(second.state(), kernel::state::running);
}

TEST(launch, a_wait_for_ever_ends_with_the_kernel_and_not_at_once) {
  session s(unserved());
  kernel k = s.launch(run_until_stopped, {2}, {1});
  EXPECT_FALSE(k.wait(std::chrono::milliseconds(1)));
  EXPECT_FALSE(k.wait(std::chrono::nanoseconds::min()));
  std::jthread stopper([&] {
    EXPECT_TRUE(eventually([&] { return k.steps() > 5; }));
    k.stop();
  });
  EXPECT_TRUE(k.wait(std::chrono::nanoseconds::max()));
  EXPECT_EQ(k.state(), kernel::state::finished);
}

inline constinit portable_kernel<std::uint32_t*, std::uint32_t> add_number{"add_number"};

__global__ void add_number_body(rk::device_view view, std::uint32_t* sum, std::uint32_t number) {
  rk::actor self = rk::start(view);
  atomic_add<order::relaxed, scope::device>(*sum, number);
  rk::finish(self);
}
RK_DEFINE_KERNEL(add_number, add_number_body);

inline constinit portable_kernel<> defined_nowhere{"defined_nowhere"};

TEST(launch, a_portable_kernel_runs_under_its_own_name_with_its_arguments) {
  session s(unserved());
  auto* sum = s.allocate<std::uint32_t>("sum", {});
  const kernel k = s.launch(add_number, {2}, {4}, sum, 5);
  expect_end(k);
  EXPECT_EQ(k.name(), "add_number");
  EXPECT_EQ(*sum, 40u);
}

TEST(launch, a_kernel_without_a_version_for_the_backend_is_refused_by_name) {
  session s(unserved());
  const std::string text =
      refusal<not_found>([&] { static_cast<void>(s.launch(defined_nowhere, {1}, {1})); });
  EXPECT_TRUE(has(text, "'defined_nowhere' was not compiled for the cpu back-end")) << text;
}

TEST(inspect, a_buffer_of_the_wrong_size_and_a_wrong_name_are_refused) {
  session s(unserved());
  static_cast<void>(s.allocate<float>("pressure", {4}));
  float copy[5] = {};
  EXPECT_TRUE(has(refusal<invalid_argument>([&] { s.inspect("pressure", copy, sizeof copy); }),
                  "pressure has 16 bytes, the buffer 20"));
  EXPECT_TRUE(has(refusal<not_found>([&] { s.inspect("presure", copy, 16); }), "'pressure'"));
  EXPECT_NO_THROW(s.inspect("pressure", copy, 16));
}

TEST(inspect, exposed_memory_is_read_where_it_lies) {
  session s(unserved());
  std::vector<std::int16_t> table{1, 2, 3, 4, 5, 6, 7};
  // Neither start nor end is aligned to a word.
  s.expose("table", table.data() + 1, {5});
  std::int16_t copy[5] = {};
  s.inspect("table", copy, sizeof copy);
  EXPECT_EQ(std::vector<std::int16_t>(copy, copy + 5), (std::vector<std::int16_t>{2, 3, 4, 5, 6}));
}

TEST(device_view, a_kernel_that_the_program_starts_itself_is_seen_and_stopped) {
  session s(unserved());
  const device_view view = s.device_view("own", {2}, {1});
  EXPECT_EQ(view.actor_count, 2u);
  // As a host that is no session would, by the request word alone.
  std::atomic_ref<std::uint64_t>(const_cast<std::uint64_t&>(view.requests->request.word))
      .store(abi::bits(abi::request::stop));
  for (const auto& a : test::records_of(s, "own", 2)) {
    EXPECT_EQ(a.state, abi::actor_state::not_started);
  }
  EXPECT_THROW(static_cast<void>(s.device_view("own", {0}, {1})), invalid_argument);
}

TEST(session, threads_may_use_it_at_the_same_time) {
  session s(unserved());
  const unsigned threads = 4;
  const unsigned rounds = test::under_thread_sanitizer ? 3 : 20;
  {
    std::vector<std::jthread> users;
    for (unsigned t = 0; t < threads; ++t) {
      users.emplace_back([&s, t, rounds] {
        for (unsigned i = 0; i < rounds; ++i) {
          const std::string name = "a" + std::to_string(t) + "_" + std::to_string(i);
          auto* x = s.allocate<std::uint32_t>(name, {});
          kernel k = s.launch(add_number, {2}, {2}, x, 3);
          k.stop();
          EXPECT_TRUE(k.wait(patience));
          std::uint32_t copy = 0;
          s.inspect(name, &copy, sizeof copy);
          EXPECT_EQ(copy, 12u);
        }
      });
    }
  }
}

}  // namespace
}  // namespace rk
