// Checkpoints that a program makes of its own kernels.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>
#include <utility>

#include <rk/protocol/client.hpp>
#include <rk/protocol/runtime_directory.hpp>
#include <rk/storage/atomic_file.hpp>
#include <rk/storage/checkpoint_file.hpp>

#include "libinspect/device/probe.hpp"
#include "support/temporary_folder.hpp"

namespace rk {
namespace {

using storage::checkpoint_reader;
using test::eventually;
using test::expect_end;
using test::has;
using test::private_runtime;
using test::refusal;

constexpr unsigned blocks = 3;
constexpr std::uint64_t count = 100'000;  // of 64 KiB pages, of which a step changes one

struct state {
  std::uint64_t* field;  ///< [count], the first equal to `step` at every safe point
  std::uint64_t* step;
};

__global__ void advance(rk::device_view view, state s) {
  rk::actor self = rk::start(view);
  while (rk::safe_point(self)) {
    if (self.index == 0 && self.leader) *s.field = ++*s.step;
    if (rk::grid_sync(self) != rk::status::ok) break;
  }
  rk::finish(self);
}

class host_checkpoint : public testing::Test {
 protected:
  host_checkpoint() : session_({.name = "checkpoint", .backend = backend_kind::cpu}) {
    state_.field = session_.allocate<std::uint64_t>("field", {count}, true);
    state_.step = session_.allocate<std::uint64_t>("step", {}, true);
    std::fill_n(state_.field, count, 7);
    kernel_ = session_.launch(advance, {blocks}, {2}, state_);
  }
  ~host_checkpoint() override {
    kernel_->stop();
    expect_end(*kernel_);
  }

  [[nodiscard]] std::filesystem::path at(const char* name) const { return folder_.path() / name; }
  [[nodiscard]] static std::uint64_t word(const checkpoint_reader& file, const char* symbol,
                                          std::uint64_t index = 0) {
    const model::symbol s = file.info().catalogue.resolve(symbol);
    std::uint64_t value = 0;
    file.read(s, index * sizeof value, std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  static void expect_state_of(const std::filesystem::path& path, std::uint64_t step) {
    const checkpoint_reader file(path);
    EXPECT_NO_THROW(file.verify());
    EXPECT_EQ(file.info().step, step);
    EXPECT_EQ(word(file, "step"), step);
    EXPECT_EQ(word(file, "field"), step);
    EXPECT_EQ(word(file, "field", count - 1), 7u);
  }
  /// A checkpoint file, and a step that comes after it.
  std::uint64_t save_base() {
    const checkpoint c = kernel_->checkpoint();
    c.save(at("base"));
    EXPECT_TRUE(eventually([&] { return kernel_->steps() > c.step(); }));
    return c.step();
  }

  private_runtime runtime_;
  test::temporary_folder folder_;
  session session_;
  state state_{};
  std::optional<kernel> kernel_;
};

TEST_F(host_checkpoint, one_with_a_base_holds_what_has_changed_and_reads_as_a_whole) {
  const std::uint64_t first = save_base();
  const checkpoint c = kernel_->checkpoint({.base = at("base")});
  EXPECT_GT(c.step(), first);
  EXPECT_GT(c.epoch(), checkpoint_reader(at("base")).info().epoch);
  c.save(at("next"));
  EXPECT_LT(file_size(at("next")), file_size(at("base")) / 4);
  expect_state_of(at("next"), c.step());
}

TEST_F(host_checkpoint, a_base_whose_cut_the_device_has_forgotten_is_compared_by_its_file) {
  save_base();
  kernel_->checkpoint().save(at("other"));
  const checkpoint c = kernel_->checkpoint({.base = at("base")});
  c.save(at("next"));
  EXPECT_LT(file_size(at("next")), file_size(at("base")) / 4);
  expect_state_of(at("next"), c.step());
}

TEST_F(host_checkpoint, its_bytes_in_memory_are_its_file) {
  const auto store = [&](const char* name, const checkpoint& c) {
    storage::write_file(at(name), c.serialize());
    expect_state_of(at(name), c.step());
  };
  store("f", kernel_->checkpoint());
  store("next", kernel_->checkpoint({.base = at("f")}));
  EXPECT_LT(file_size(at("next")), file_size(at("f")) / 4);
}

TEST_F(host_checkpoint, a_base_of_any_name_is_found) {
  for (const char* name : {"two\nlines", "no \xff text"}) {
    kernel_->checkpoint().save(at(name));
    const checkpoint c = kernel_->checkpoint({.base = at(name)});
    c.save(at("next"));
    expect_state_of(at("next"), c.step());
    std::filesystem::remove(at(name));
  }
}

TEST_F(host_checkpoint, what_cannot_be_read_again_is_refused) {
  save_base();
  std::filesystem::create_directory(at("elsewhere"));
  {
    const checkpoint c = kernel_->checkpoint({.base = at("base")});
    for (const char* place : {"base", "elsewhere/next"}) {
      EXPECT_TRUE(has(refusal<invalid_argument>([&] { c.save(at(place)); }), "in the folder of"));
    }
  }
  storage::write_file(at("text"), "no checkpoint");
  EXPECT_TRUE(has(
      refusal<incompatible>([&] { static_cast<void>(kernel_->checkpoint({.base = at("text")})); }),
      "text"));
  expect_state_of(at("base"), checkpoint_reader(at("base")).info().step);
}

TEST_F(host_checkpoint, a_base_of_other_symbols_is_refused_before_the_kernel_is_asked) {
  save_base();
  static_cast<void>(session_.allocate<float>("more", {3}, true));
  const std::string why =
      refusal<incompatible>([&] { static_cast<void>(kernel_->checkpoint({.base = at("base")})); });
  EXPECT_TRUE(has(why, "more is not in the file")) << why;
}

TEST_F(host_checkpoint, a_running_kernel_takes_one_at_a_safe_point) {
  const std::uint64_t first = save_base();
  const std::uint64_t taken_at = kernel_->restore(at("base"));
  EXPECT_GT(taken_at, first);
  const checkpoint c = kernel_->checkpoint();
  c.save(at("later"));
  const checkpoint_reader later(at("later"));
  EXPECT_EQ(word(later, "step"), first + (c.step() - taken_at));
  EXPECT_EQ(word(later, "field"), word(later, "step"));
}

TEST_F(host_checkpoint, a_session_takes_one_only_while_no_kernel_runs) {
  const std::uint64_t first = save_base();
  EXPECT_TRUE(has(refusal([&] { session_.restore(at("base")); }), "is running"));
  kernel_->stop();
  expect_end(*kernel_);
  session_.restore(at("base"));
  EXPECT_EQ(*state_.step, first);
}

TEST_F(host_checkpoint, two_do_not_give_symbols_new_values_at_the_same_time) {
  save_base();
  kernel_->stop();
  expect_end(*kernel_);
  auto tool = protocol::client::connect(runtime_.path() / "checkpoint.session");
  const model::symbol step = tool.catalogue().resolve("step");
  const protocol::stage_request wanted{{}, {{step.id, 0, step.bytes}}, "step"};
  bool has_asked = false;
  static_cast<void>(tool.load(wanted, step.bytes, [&](std::span<std::byte> to) {
    std::fill(to.begin(), to.end(), std::byte{1});
    EXPECT_THROW(session_.restore(at("base")), busy);
    has_asked = true;
  }));
  EXPECT_TRUE(has_asked);
  EXPECT_EQ(*state_.step, 0x0101010101010101u);
}

TEST_F(host_checkpoint, a_launch_waits_while_a_piece_of_state_at_rest_is_drained) {
  kernel_->stop();
  expect_end(*kernel_);
  std::optional<std::jthread> launching;
  std::atomic<bool> is_launched = false;
  const auto take = [&](std::span<const std::byte>) {
    if (launching) return;
    launching.emplace([&] {
      kernel next = session_.launch(advance, {blocks}, {2}, state_);
      is_launched = true;
      next.stop();
      expect_end(next);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // time enough for a launch
    EXPECT_FALSE(is_launched);
  };
  const checkpoint c = kernel_->checkpoint();
  try {
    c.drain(take);
  } catch (const not_found&) {
    // The launch came between two symbols.
  }
  launching.reset();
  EXPECT_TRUE(is_launched);
  EXPECT_THROW(c.drain([](std::span<const std::byte>) {}), not_found);
}

TEST_F(host_checkpoint, one_that_is_written_slowly_keeps_nobody_from_an_answer) {
  const checkpoint c = kernel_->checkpoint();
  bool has_asked = false;
  c.drain([&](std::span<const std::byte>) {
    if (std::exchange(has_asked, true)) return;
    auto tool = protocol::client::connect(runtime_.path() / "checkpoint.session");
    EXPECT_EQ(tool.status().kernels.size(), 1u);
    auto other =
        protocol::client::connect(runtime_.path() / "checkpoint.session", std::chrono::seconds(1));
    EXPECT_TRUE(has(refusal<busy>([&] { static_cast<void>(other.cut({})); }), "in use"));
  });
  EXPECT_TRUE(has_asked);
}

}  // namespace
}  // namespace rk
