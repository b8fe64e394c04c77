// Coherent regions: what a kernel fetches and a host reads is whole, and of one writing.
#include "device/coherent.hpp"

#include <memory>

#include <rk/error.hpp>

#include "device/device_fixture.hpp"

namespace rk::test {
namespace {

class coherent_test : public device_fixture {
 protected:
  struct regions {
    coherent_region<probe::sheet> in, out;
    probe::coherent_run run;
  };
  regions make() {
    return {session().create_coherent_region<probe::sheet>("in"),
            session().create_coherent_region<probe::sheet>("out"),
            {session().allocate<std::uint64_t>("wrong", {}),
             session().allocate<std::uint64_t>("last", {})}};
  }
  kernel start(const regions& r, bool is_faulty) {
    auto o = impatient();
    o.sync = synchrony::independent;
    return session().launch_with(o, probe::copy_sheets, {1}, {on_gpu() ? 128u : 4u}, r.run, r.in,
                                 r.out, is_faulty);
  }
  void write(const regions& r, std::uint64_t number) {
    for (std::uint64_t w = 0; w < probe::coherent_words; ++w) {
      sheet_->words[w] = probe::word_on(number, w);
    }
    coherent_write(r.in, std::span<const probe::sheet>(sheet_.get(), 1));
  }
  /// The number of the sheet that the kernel released last; it is whole.
  std::uint64_t read(const regions& r) {
    coherent_read(r.out, std::span(sheet_.get(), 1));
    const std::uint64_t number = sheet_->words[0] / 1'000'003;
    for (std::uint64_t w = 0; w < probe::coherent_words; ++w) {
      if (number != 0 && sheet_->words[w] != probe::word_on(number, w)) ++torn_;
    }
    return number;
  }
  std::unique_ptr<probe::sheet> sheet_ = std::make_unique<probe::sheet>();
  std::uint64_t torn_ = 0;
};

TEST_P(coherent_test, both_sides_see_whole_sheets_while_the_other_writes) {
  const regions r = make();
  write(r, 1);
  kernel k = start(r, false);
  const std::uint64_t sheets = history_length(on_gpu() ? 20'000 : 500);
  std::uint64_t newest = 0;
  for (std::uint64_t n = 2; n <= sheets; ++n) {
    write(r, n);
    const std::uint64_t seen = read(r);
    EXPECT_GE(seen, newest);
    newest = seen;
  }
  ASSERT_TRUE(eventually([&] { return read(r) == sheets; }));
  k.stop();
  ASSERT_TRUE(k.wait(patience));
  EXPECT_EQ(k.state(), kernel::state::finished) << k.error();
  EXPECT_EQ(torn_, 0u);
  EXPECT_EQ(inspect<std::uint64_t>("wrong", 1)[0], 0u);
  const auto counters = inspect<abi::coherence_counters>("rk.in.coherence", 1)[0];
  EXPECT_GE(counters.acquired, 1u);
  EXPECT_EQ(counters.bytes, sizeof(probe::sheet));
  EXPECT_EQ(inspect<abi::coherence_counters>("rk.out.coherence", 1)[0].released, counters.acquired);
}

TEST_P(coherent_test, reading_without_acquiring_is_caught) {
  const regions r = make();
  write(r, 1);
  kernel k = start(r, true);
  std::uint64_t n = 1;
  EXPECT_TRUE(eventually([&] {
    for (int i = 0; i < 100; ++i) write(r, ++n);
    // A host that never rests keeps the kernel from acquiring anything.
    EXPECT_TRUE(eventually([&] { return inspect<std::uint64_t>("last", 1)[0] == n; }));
    return inspect<std::uint64_t>("wrong", 1)[0] != 0;
  }));
  k.stop();
  ASSERT_TRUE(k.wait(patience));
}

TEST_P(coherent_test, what_does_not_fit_is_refused) {
  const auto region = session().create_coherent_region<std::uint32_t>("numbers", 3);
  const std::uint32_t values[4]{1, 2, 3, 4};
  EXPECT_THROW(coherent_write(region, std::span<const std::uint32_t>(values)), invalid_argument);
  EXPECT_THROW(static_cast<void>(session().create_coherent_region<int>("none", 0)),
               invalid_argument);
  EXPECT_THROW(static_cast<void>(session().create_coherent_region<int>("numbers", 1)),
               invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(on, coherent_test, all_backends, backend_name);

}  // namespace
}  // namespace rk::test
