// What all actors of a kernel do together at one safe point, asked for through a session's socket.
#include <cstring>
#include <thread>

#include <rk/protocol/client.hpp>
#include <rk/protocol/runtime_directory.hpp>

#include "libinspect/device/probe.hpp"

namespace rk {
namespace {

using protocol::client;
using protocol::operation_reply;
using protocol::operation_state;
using test::eventually;
using test::expect_end;
using test::has;
using test::private_runtime;
using test::refusal;
using test::scaled;

constexpr unsigned blocks = 4;
constexpr std::uint64_t count = 40'000;  // of more than one page, and of an odd size

struct state {
  std::uint64_t* pattern;  ///< [count], each equal to `step` at every safe point
  std::uint64_t* step;
  std::uint64_t* replaced_at;  ///< [blocks], step at which each actor was told of new state
  std::uint64_t* hold;         ///< block 1 does not come to its safe point while this is not zero
};

__device__ void write_share(const state& s, std::uint64_t value) {
  for (std::uint64_t i = linear_block_index(); i < count; i += blocks) s.pattern[i] = value;
}

__global__ void rewrite(rk::device_view view, state s) {
  rk::actor self = rk::start(view);
  std::uint64_t step = *s.step;
  while (rk::safe_point(self)) {
    if (rk::state_replaced(self)) {
      s.replaced_at[self.index] = step;
      step = *s.step;
    }
    ++step;
    if (self.leader) write_share(s, step);
    if (rk::grid_sync(self) != rk::status::ok) break;
    if (self.index == 0 && self.leader) *s.step = step;
    if (rk::grid_sync(self) != rk::status::ok) break;
    while (self.index == 1 && atomic_load<order::relaxed, scope::system>(*s.hold) != 0) {
      rk::pause(0);
    }
  }
  rk::finish(self);
}

class cut : public testing::Test {
 protected:
  explicit cut(std::optional<std::uint64_t> shadow_bytes = {})
      : session_({.name = "cut", .backend = backend_kind::cpu, .shadow_bytes = shadow_bytes}) {
    state_.pattern = session_.allocate<std::uint64_t>("pattern", {count}, true);
    state_.step = session_.allocate<std::uint64_t>("step", {}, true);
    state_.replaced_at = session_.allocate<std::uint64_t>("replaced_at", {blocks});
    state_.hold = session_.allocate<std::uint64_t>("hold", {});
  }

  kernel launch(launch_options options = {}) {
    options.name = "rewrite";
    return session_.launch_with(options, rewrite, {blocks}, {2}, state_);
  }
  /// A kernel that has made a few steps.
  kernel launch_and_wait() {
    kernel k = launch();
    EXPECT_TRUE(eventually([&] { return k.steps() > 3; }));
    return k;
  }
  static void end(kernel& k) {
    k.stop();
    expect_end(k);
  }
  [[nodiscard]] client connect(std::chrono::milliseconds limit = test::patience) const {
    return client::connect(runtime_.path() / "cut.session", limit);
  }
  void hold(bool wanted) { std::atomic_ref<std::uint64_t>(*state_.hold).store(wanted ? 1 : 0); }

  static operation_reply cut_at_rest(client& c) {
    const operation_reply r = c.cut({});
    EXPECT_TRUE(r.at_rest);
    return r;
  }
  static void expect_gone(client& c, const operation_reply& r) {
    EXPECT_TRUE(has(refusal<not_found>([&] { read(c, "pattern", r.operation); }), "gone"));
  }

  static std::vector<std::uint64_t> read(client& c, const std::string& symbol, std::uint64_t cut) {
    const model::catalogue known = c.catalogue();
    const model::array_value v = c.read(known, model::resolve(known, symbol), cut);
    std::vector<std::uint64_t> values(v.bytes.size() / sizeof(std::uint64_t));
    std::memcpy(values.data(), v.bytes.data(), v.bytes.size());
    return values;
  }
  static protocol::stage_request all_of(client& c, const std::string& symbol) {
    const model::symbol s = c.catalogue().resolve(symbol);
    return {{}, {{s.id, 0, s.bytes}}};
  }

  private_runtime runtime_;
  session session_;
  state state_{};
};

TEST_F(cut, every_symbol_of_it_belongs_to_one_step_and_the_kernel_goes_on) {
  kernel k = launch();
  client c = connect();
  std::uint64_t last = 0;
  for (unsigned i = 0; i < scaled(100); ++i) {
    const operation_reply r = c.cut({});
    ASSERT_EQ(r.state, operation_state::done);
    ASSERT_EQ(r.arrived, blocks);
    ASSERT_GT(r.pause_ns, 0u);
    const std::uint64_t step = read(c, "step", r.operation).at(0);
    ASSERT_EQ(step, r.step);
    ASSERT_GE(step, last);
    last = step;
    ASSERT_EQ(read(c, "pattern", r.operation), std::vector<std::uint64_t>(count, step));
    c.release(r);
  }
  ASSERT_TRUE(eventually([&] { return k.steps() > last; }));
  end(k);
}

TEST_F(cut, a_kernel_that_has_ended_is_at_rest_and_needs_none) {
  kernel k = launch_and_wait();
  end(k);
  client c = connect();
  const operation_reply r = cut_at_rest(c);
  EXPECT_EQ(read(c, "pattern", r.operation), std::vector<std::uint64_t>(count, r.step));
}

TEST_F(cut, one_of_a_kernel_at_rest_is_gone_once_the_kernel_is_not) {
  kernel k = launch_and_wait();
  k.preempt();
  client c = connect();
  const operation_reply r = cut_at_rest(c);
  c.release(r);  // as after a long silence
  k.resume();
  expect_gone(c, r);
  end(k);
}

TEST_F(cut, one_of_a_kernel_at_rest_is_gone_once_another_is_launched) {
  kernel k = launch_and_wait();
  end(k);
  client c = connect();
  const operation_reply r = cut_at_rest(c);
  kernel next = launch();
  expect_gone(c, r);
  end(next);
}

TEST_F(cut, one_of_a_kernel_at_rest_is_none_while_another_writes_to_the_same_symbols) {
  kernel k = launch();
  end(k);
  kernel other = launch();
  client c = connect();
  EXPECT_TRUE(has(refusal([&] { static_cast<void>(c.cut({.kernel = "rewrite", .symbols = {}})); }),
                  "at rest, but kernel 'rewrite#2' is not"));
  const std::uint64_t value = 7;
  EXPECT_TRUE(has(refusal([&] {
                    auto wanted = all_of(c, "step");
                    wanted.kernel = "rewrite";
                    c.load(wanted, std::as_bytes(std::span(&value, 1)));
                  }),
                  "at rest, but"));
  end(other);
  EXPECT_TRUE(c.cut({.kernel = "rewrite", .symbols = {}}).at_rest);
}

TEST_F(cut, one_of_a_kernel_at_rest_is_gone_once_the_program_may_launch_another_itself) {
  kernel k = launch();
  end(k);
  client c = connect();
  const operation_reply r = cut_at_rest(c);
  static_cast<void>(session_.device_view("own", {1}, {1}));
  expect_gone(c, r);
  EXPECT_TRUE(has(refusal([&] { static_cast<void>(c.cut({.kernel = "rewrite", .symbols = {}})); }),
                  "'own'"));
}

TEST_F(cut, a_launch_that_failed_leaves_nothing_that_could_be_writing) {
  auto no_stream = reinterpret_cast<stream_handle>(this);
  EXPECT_THROW(static_cast<void>(launch({.stream = no_stream})), invalid_argument);
  EXPECT_EQ(connect().catalogue().kernels.size(), 0u);
  kernel k = launch();
  end(k);
  client c = connect();
  EXPECT_TRUE(c.cut({}).at_rest);
}

TEST_F(cut, a_kernel_without_records_tells_at_its_end_how_far_it_came) {
  kernel k = launch({.level = instrumentation::off});
  client c = connect();
  ASSERT_TRUE(eventually([&] { return read(c, "step", 0).at(0) > 3; }));
  end(k);
  const operation_reply r = cut_at_rest(c);
  EXPECT_EQ(r.step, read(c, "step", r.operation).at(0));
}

TEST_F(cut, two_askers_do_not_overwrite_each_others_cut) {
  kernel k = launch();
  client first = connect();
  client second = connect(std::chrono::milliseconds(50));
  const operation_reply r = first.cut({});
  EXPECT_TRUE(has(refusal<busy>([&] { static_cast<void>(second.cut({})); }), "in use"));
  EXPECT_EQ(read(first, "pattern", r.operation), std::vector<std::uint64_t>(count, r.step));
  first.release(r);
  const operation_reply mine = second.cut({});
  EXPECT_TRUE(has(refusal<not_found>([&] { read(first, "step", r.operation); }), "gone"));
  EXPECT_EQ(read(second, "step", mine.operation).at(0), mine.step);
  end(k);
}

TEST_F(cut, an_actor_that_does_not_come_is_told_of_and_the_kernel_is_unharmed) {
  kernel k = launch();
  ASSERT_TRUE(eventually([&] { return k.steps() > 0; }));
  hold(true);
  client c = connect(std::chrono::milliseconds(300));
  const std::string text = refusal<timeout>([&] { static_cast<void>(c.cut({})); });
  EXPECT_TRUE(has(text, "0 of 4 actors")) << text;
  hold(false);
  client again = connect();
  const operation_reply r = again.cut({});
  EXPECT_EQ(read(again, "pattern", r.operation), std::vector<std::uint64_t>(count, r.step));
  end(k);
}

TEST_F(cut, actors_that_call_themselves_independent_and_meet_all_the_same_go_on_unharmed) {
  kernel k = launch({.sync = synchrony::independent});
  ASSERT_TRUE(eventually([&] { return k.steps() > 0; }));
  client c = connect(std::chrono::milliseconds(300));
  // It may succeed, if all happen to be at the same safe point, or is taken back.
  try {
    static_cast<void>(c.cut({}));
  } catch (const timeout& e) {
    EXPECT_TRUE(has(e.what(), "of 4 actors")) << e.what();
  }
  const std::uint64_t before = k.steps();
  EXPECT_TRUE(eventually([&] { return k.steps() > before + 3; }));
  k.abort();
  expect_end(k);
}

TEST_F(cut, one_that_leaves_is_the_last_thing_that_the_kernel_does) {
  kernel k = launch();
  client c = connect();
  const operation_reply r = c.cut({.kernel = "rewrite", .symbols = {}, .leave = true});
  expect_end(k);
  EXPECT_EQ(read(c, "pattern", r.operation), std::vector<std::uint64_t>(count, r.step));
  EXPECT_EQ(k.steps(), r.step);
  EXPECT_EQ(read(c, "step", 0).at(0), r.step);
}

TEST_F(cut, new_values_arrive_at_one_step_in_all_actors) {
  kernel k = launch();
  client c = connect();
  const std::uint64_t value = 1'000'000'000;
  c.load(all_of(c, "step"), std::as_bytes(std::span(&value, 1)));
  const operation_reply r = c.cut({});
  EXPECT_GT(read(c, "step", r.operation).at(0), value);
  const auto told = read(c, "replaced_at", 0);
  EXPECT_GT(told.at(0), 0u);
  EXPECT_EQ(told, std::vector<std::uint64_t>(blocks, told.at(0)));
  end(k);
}

TEST_F(cut, values_that_were_not_handed_over_change_nothing) {
  kernel k = launch();
  end(k);
  client c = connect();
  const auto before = read(c, "pattern", 0);
  const std::vector<std::uint64_t> half(count / 2, 7);
  EXPECT_TRUE(has(refusal([&] { c.load(all_of(c, "pattern"), std::as_bytes(std::span(half))); }),
                  "bytes for"));
  EXPECT_EQ(read(c, "pattern", 0), before);
  const std::vector<std::uint64_t> whole(count, 7);
  EXPECT_TRUE(c.load(all_of(c, "pattern"), std::as_bytes(std::span(whole))).at_rest);
  EXPECT_EQ(read(c, "pattern", 0), whole);
}

TEST_F(cut, a_second_one_tells_what_has_changed_since_the_first) {
  kernel k = launch();
  client c = connect();
  const operation_reply first = c.cut({});
  c.release(first);
  const operation_reply second =
      c.cut({.kernel = {}, .symbols = {}, .leave = false, .base = first.id});
  EXPECT_TRUE(second.compared);
  EXPECT_NE(second.id, first.id);
  // Every page of the pattern: it is written anew in each step.
  const model::symbol pattern = c.catalogue().resolve("pattern");
  const auto id = static_cast<std::uint64_t>(pattern.id);
  std::uint64_t changed = 0;
  for (const auto& r : c.changes(second)) changed += r.symbol == id ? r.bytes : 0;
  EXPECT_EQ(changed, pattern.bytes);
  EXPECT_EQ(read(c, "pattern", second.operation), std::vector<std::uint64_t>(count, second.step));
  c.release(second);
  end(k);
}

TEST_F(cut, what_the_shadow_does_not_hold_any_more_is_not_compared_with) {
  kernel k = launch();
  client c = connect();
  const operation_reply first = c.cut({});
  c.release(first);
  const std::uint64_t value = 7;
  c.load(all_of(c, "step"), std::as_bytes(std::span(&value, 1)));
  const operation_reply second =
      c.cut({.kernel = {}, .symbols = {}, .leave = false, .base = first.id});
  EXPECT_FALSE(second.compared);
  EXPECT_TRUE(has(refusal([&] { static_cast<void>(c.changes(second)); }), "compared"));
  c.release(second);
  EXPECT_FALSE(c.cut({.kernel = {}, .symbols = {}, .leave = false, .base = "0123"}).compared);
  end(k);
}

class small_shadow : public cut {
 protected:
  small_shadow() : cut(100'000) {}
};

TEST_F(small_shadow, what_does_not_fit_is_refused_with_the_figures_and_a_part_of_it_is_not) {
  kernel k = launch();
  client c = connect();
  const std::string text = refusal<invalid_argument>([&] { static_cast<void>(c.cut({})); });
  EXPECT_TRUE(has(text, "the shadow has 100096 bytes")) << text;
  EXPECT_TRUE(has(text, "--shadow-bytes")) << text;
  const model::symbol_id step = c.catalogue().resolve("step").id;
  const operation_reply r = c.cut({.kernel = {}, .symbols = {step}, .leave = false});
  EXPECT_EQ(read(c, "step", r.operation).at(0), r.step);
  end(k);
}

}  // namespace
}  // namespace rk
