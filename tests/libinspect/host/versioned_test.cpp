// Reads of a symbol whose writers say when they write. The test itself is the writers, and stands
// still where a reader could be deceived.
#include <algorithm>

#include <rk/protocol/client.hpp>
#include <rk/protocol/runtime_directory.hpp>

#include "libinspect/device/probe.hpp"

namespace rk {
namespace {

using protocol::client;
using test::eventually;
using test::has;
using test::private_runtime;
using test::refusal;

__global__ void do_nothing(rk::device_view view) {
  rk::actor self = rk::start(view);
  rk::finish(self);
}

class versioned : public testing::Test {
 protected:
  versioned() : session_({.name = "versioned", .backend = backend_kind::cpu}) {
    pattern_ = session_.allocate<std::uint64_t>("pattern", {count});
    writes_ = session_.publication("pattern", 2);
  }

  /// Each of the two writers writes half of the array.
  void write_half(unsigned writer, std::uint64_t value) {
    ++writes_->begun;
    std::fill_n(pattern_ + writer * count / 2, count / 2, value);
    writes_->ended_ns = 1;
    ++writes_->ended;
  }
  [[nodiscard]] client::versioned_value read(std::chrono::milliseconds limit) {
    client c = client::connect(runtime_.path() / "versioned.session", limit);
    const model::catalogue known = c.catalogue();
    return c.read_versioned(known, model::resolve(known, "pattern"));
  }
  /// A limit that ended before the session answered says nothing of the symbol.
  [[nodiscard]] bool is_refused(const char* counts) {
    return eventually([&] {
      const std::string why =
          refusal<timeout>([&] { static_cast<void>(read(std::chrono::milliseconds(50))); });
      return has(why, "without a pause") && has(why, counts);
    });
  }

  static constexpr std::size_t count = 64;
  private_runtime runtime_;
  session session_;
  std::uint64_t* pattern_ = nullptr;
  abi::publication* writes_ = nullptr;
};

TEST_F(versioned, an_array_at_rest_is_read_at_once) {
  write_half(0, 7);
  write_half(1, 7);
  const client::versioned_value got = read(test::patience);
  EXPECT_EQ(got.retries, 0u);
  EXPECT_GT(got.age_ns, 0);
  ASSERT_EQ(got.value.bytes.size(), count * sizeof(std::uint64_t));
  EXPECT_TRUE(std::equal(got.value.bytes.begin(), got.value.bytes.end(),
                         reinterpret_cast<const std::byte*>(pattern_)));
}

TEST_F(versioned, a_write_under_way_is_no_value) {
  ++writes_->begun;
  EXPECT_TRUE(is_refused("1 writes begun, 0 ended"));
}

TEST_F(versioned, a_writer_that_is_late_leaves_a_mixture_that_is_no_value) {
  write_half(0, 7);
  EXPECT_TRUE(is_refused("1 writes begun, 1 ended"));
  write_half(1, 7);
  EXPECT_EQ(read(test::patience).retries, 0u);
}

TEST_F(versioned, a_launch_mends_brackets_and_never_counts_back) {
  write_half(0, 7);
  write_half(1, 7);
  ++writes_->begun;  // an actor left in the middle of a write
  kernel k = session_.launch(do_nothing, {1}, {1});
  test::expect_end(k);
  EXPECT_EQ(writes_->begun, 4u);
  EXPECT_EQ(writes_->ended, 4u);
  EXPECT_EQ(read(test::patience).retries, 0u);
}

TEST_F(versioned, brackets_are_the_same_for_all_who_name_as_many_writers) {
  EXPECT_EQ(session_.publication("pattern", 2), writes_);
  EXPECT_TRUE(
      has(refusal<invalid_argument>([&] { static_cast<void>(session_.publication("pattern", 3)); }),
          "2 blocks, not 3"));
  EXPECT_TRUE(
      has(refusal<invalid_argument>([&] { static_cast<void>(session_.publication("pattern", 0)); }),
          "one block or more"));
  EXPECT_TRUE(
      has(refusal<not_found>([&] { static_cast<void>(session_.publication("nothing", 1)); }),
          "nothing"));
}

}  // namespace
}  // namespace rk
