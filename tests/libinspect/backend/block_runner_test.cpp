#include "backend/cpu/block_runner.hpp"

#include <numeric>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <rk/device.cuh>
#include <rk/error.hpp>

#include "libinspect/support/test_environment.hpp"

namespace rk::backend::cpu {
namespace {

using test::has;
using test::refusal;
using test::scaled;

void run_block(extent3 block, const std::function<void()>& body) {
  block_runner(extent3{}, block, index3{}, body).run();
}

TEST(block_runner, a_barrier_holds_fast_threads_back_in_every_round) {
  constexpr unsigned threads = 96;
  const unsigned rounds = scaled(200);
  std::vector<unsigned> round_of(threads);
  unsigned violations = 0;
  run_block({threads}, [&] {
    for (unsigned round = 1; round <= rounds; ++round) {
      round_of[linear_thread_index()] = round;
      block_sync();
      for (const unsigned other : round_of) violations += other == round ? 0 : 1;
      block_sync();
    }
  });
  EXPECT_EQ(violations, 0u);
}

TEST(block_runner, a_vote_is_not_mixed_up_with_the_one_before_or_behind_it) {
  constexpr unsigned threads = 40;
  const unsigned rounds = scaled(600);
  unsigned wrong = 0;
  run_block({threads}, [&] {
    for (unsigned round = 0; round < rounds; ++round) {
      const bool one_says_yes = round % 3 == 0;
      const bool mine = one_says_yes && linear_thread_index() == round % threads;
      if (block_sync_or(mine) != one_says_yes) ++wrong;
      if (round % 5 == 0) block_sync();
    }
  });
  EXPECT_EQ(wrong, 0u);
}

TEST(block_runner, a_vote_of_one_thread_is_its_own_word) {
  std::vector<bool> votes;
  run_block({1}, [&] {
    for (const bool word : {true, false, false, true}) votes.push_back(block_sync_or(word));
  });
  EXPECT_EQ(votes, (std::vector<bool>{true, false, false, true}));
}

TEST(block_runner, a_shuffle_reads_the_round_that_it_belongs_to) {
  constexpr unsigned threads = 48;  // the last warp has 16 lanes
  const unsigned rounds = scaled(100);
  unsigned wrong = 0;
  run_block({threads}, [&] {
    const unsigned lane = linear_thread_index() % 32;
    const unsigned width = linear_thread_index() < 32 ? 32 : 16;
    const unsigned first = linear_thread_index() - lane;
    for (unsigned round = 0; round < rounds; ++round) {
      const unsigned from = (lane + round) % width;
      const unsigned got = warp_shuffle(1000 * round + linear_thread_index(), from);
      if (got != 1000 * round + first + from) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0u);
}

TEST(block_runner, a_lane_past_the_end_of_the_warp_gives_the_own_value_back) {
  constexpr unsigned threads = 40;  // the last warp has 8 lanes
  std::vector<unsigned> far(threads);
  std::vector<unsigned> next(threads);
  run_block({threads}, [&] {
    const unsigned t = linear_thread_index();
    far[t] = warp_shuffle(t, 31u);
    next[t] = warp_shuffle_down(t, 1u);
  });
  EXPECT_EQ(far[3], 31u);
  EXPECT_EQ(far[35], 35u);
  EXPECT_EQ(next[30], 31u);
  EXPECT_EQ(next[31], 31u);
  EXPECT_EQ(next[38], 39u);
  EXPECT_EQ(next[39], 39u);
}

TEST(block_runner, a_shuffle_keeps_every_bit_of_small_and_large_types) {
  struct pair {
    float a;
    std::int16_t b;
  };
  unsigned wrong = 0;
  run_block({32}, [&] {
    const unsigned lane = linear_thread_index();
    const double d = warp_shuffle(-0.1 * lane, 7u);
    const auto c = warp_shuffle(static_cast<signed char>(-static_cast<int>(lane)), 7u);
    const bool b = warp_shuffle(lane == 7, 7u);
    const auto u = warp_shuffle(~std::uint64_t{lane}, 7u);
    const pair p = warp_shuffle(pair{1.5F, static_cast<std::int16_t>(lane)}, 7u);
    const bool good = d == -0.1 * 7 && c == -7 && b && u == ~std::uint64_t{7} && p.b == 7;
    if (!good) ++wrong;
  });
  EXPECT_EQ(wrong, 0u);
}

TEST(block_runner, a_ballot_has_no_bits_of_lanes_that_are_not_there) {
  constexpr unsigned threads = 48;
  std::vector<unsigned> odd(threads);
  std::vector<unsigned> all(threads);
  std::vector<unsigned> none(threads);
  run_block({threads}, [&] {
    const unsigned t = linear_thread_index();
    odd[t] = warp_ballot(t % 2 == 1);
    all[t] = warp_ballot(true);
    none[t] = warp_ballot(false);
  });
  for (unsigned t = 0; t < threads; ++t) {
    EXPECT_EQ(odd[t], t < 32 ? 0xaaaa'aaaau : 0xaaaau);
    EXPECT_EQ(all[t], t < 32 ? 0xffff'ffffu : 0xffffu);
    EXPECT_EQ(none[t], 0u);
  }
}

TEST(block_runner, warp_sums_add_up_in_lane_zero) {
  std::vector<unsigned> sums;
  run_block({64}, [&] {
    const unsigned sum = warp_sum(linear_thread_index());
    if (linear_thread_index() % 32 == 0) sums.push_back(sum);
  });
  EXPECT_EQ(sums, (std::vector<unsigned>{496, 1520}));
}

TEST(block_runner, threads_that_have_returned_are_waited_for_no_more) {
  unsigned passed = 0;
  unsigned ballot = 0;
  bool vote = true;
  run_block({40}, [&] {
    const unsigned t = linear_thread_index();
    if (t >= 20) return;
    block_sync();
    vote = block_sync_or(false);
    ballot = warp_ballot(true);
    // Lane 25 has returned: what it left of earlier rounds is not taken for its word.
    if (warp_shuffle(t, 25u) == t) ++passed;
    block_sync();
  });
  EXPECT_EQ(passed, 20u);
  EXPECT_EQ(ballot, 0xf'ffffu);
  EXPECT_FALSE(vote);
}

TEST(block_runner, the_last_thread_to_return_releases_those_that_wait_already) {
  unsigned released = 0;
  run_block({33}, [&] {
    if (linear_thread_index() != 0) {
      block_sync();
      ++released;
      return;
    }
    for (int i = 0; i < 3; ++i) pause(1);
  });
  EXPECT_EQ(released, 32u);
}

TEST(block_runner, every_thread_has_an_index_of_its_own_in_three_dimensions) {
  using place = std::tuple<unsigned, unsigned, unsigned>;
  std::set<place> seen;
  unsigned wrong = 0;
  const std::function<void()> body = [&] {
    const index3 t = thread_index();
    seen.insert({t.x, t.y, t.z});
    if (linear_thread_index() != (t.z * 4 + t.y) * 3 + t.x) ++wrong;
    const index3 e = block_extent();
    if (place(e.x, e.y, e.z) != place(3, 4, 5)) ++wrong;
    const index3 b = block_index();
    if (place(b.x, b.y, b.z) != place(1, 2, 0)) ++wrong;
    const index3 g = grid_extent();
    if (place(g.x, g.y, g.z) != place(2, 3, 7)) ++wrong;
    if (linear_block_index() != 5) ++wrong;
  };
  block_runner({2, 3, 7}, {3, 4, 5}, {1, 2, 0}, body).run();
  EXPECT_EQ(seen.size(), 60u);
  EXPECT_EQ(*seen.rbegin(), place(2, 3, 4));
  EXPECT_EQ(wrong, 0u);
}

TEST(block_runner, a_thread_that_pauses_lets_the_others_of_its_block_go_on) {
  bool flag = false;
  bool seen = false;
  run_block({2}, [&] {
    if (linear_thread_index() == 1) {
      flag = true;
      return;
    }
    for (unsigned attempt = 1; !flag; ++attempt) pause(attempt);
    seen = true;
  });
  EXPECT_TRUE(seen);
}

TEST(block_runner, what_a_thread_throws_comes_out_with_its_text) {
  const auto throw_in = [](unsigned thread) {
    run_block({64}, [thread] {
      if (linear_thread_index() == thread) throw std::range_error("field is NaN");
      block_sync();
    });
  };
  // The first, when no other has begun; one in the middle; the last, when all others wait.
  for (const unsigned thread : {0u, 17u, 63u}) {
    EXPECT_EQ(refusal<std::range_error>([&] { throw_in(thread); }), "field is NaN");
  }
}

TEST(block_runner, the_first_failure_is_the_one_that_is_told) {
  const std::string text = refusal<std::exception>([] {
    run_block({8}, [] {
      block_sync();
      throw std::runtime_error("thread " + std::to_string(linear_thread_index()));
    });
  });
  EXPECT_EQ(text.substr(0, 6), "thread");
  EXPECT_THROW(run_block({8}, [] { throw 5; }), int);
}

struct counted {
  explicit counted(int& count) : alive(count) { ++alive; }
  ~counted() { --alive; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  int& alive;
};

TEST(block_runner, threads_that_wait_when_another_fails_destroy_their_objects) {
  int alive = 0;
  int most = 0;
  EXPECT_THROW(run_block({40},
                         [&] {
                           const counted object(alive);
                           most = std::max(most, alive);
                           if (linear_thread_index() == 3) pause(1);
                           if (linear_thread_index() == 5) static_cast<void>(warp_ballot(true));
                           if (linear_thread_index() == 39) throw std::runtime_error("x");
                           block_sync();
                         }),
               std::runtime_error);
  EXPECT_EQ(most, 40);
  EXPECT_EQ(alive, 0);
}

TEST(block_runner, a_destructor_that_waits_does_not_stop_the_unwinding) {
  struct waits_at_the_end {
    ~waits_at_the_end() {
      block_sync();
      pause(1);
    }
  };
  EXPECT_THROW(run_block({4},
                         [] {
                           if (linear_thread_index() == 3) throw std::runtime_error("x");
                           const waits_at_the_end object;
                           block_sync();
                         }),
               std::runtime_error);
}

TEST(block_runner, a_thread_that_catches_everything_is_ended_all_the_same) {
  int swallowed = 0;
  EXPECT_THROW(run_block({4},
                         [&] {
                           if (linear_thread_index() == 3) throw std::runtime_error("x");
                           for (int i = 0; i < 3; ++i) {
                             try {
                               block_sync();
                             } catch (...) {
                               ++swallowed;
                             }
                           }
                           block_sync();
                         }),
               std::runtime_error);
  EXPECT_EQ(swallowed, 9);
}

TEST(block_runner, a_barrier_that_not_all_can_reach_is_told_and_does_not_hang) {
  const std::string barrier_and_warp = refusal([] {
    run_block({64}, [] {
      if (linear_thread_index() == 0) {
        block_sync();
      } else {
        static_cast<void>(warp_ballot(true));
      }
    });
  });
  EXPECT_TRUE(has(barrier_and_warp, "wait for each other for ever")) << barrier_and_warp;
  EXPECT_TRUE(has(barrier_and_warp, "make every thread pass the same calls"));
}

TEST(block_runner, a_kernel_has_room_for_the_arrays_on_its_stack) {
  unsigned long sum = 0;
  run_block({3}, [&] {
    volatile unsigned char local[32 * 1024];
    for (std::size_t i = 0; i < sizeof local; i += 512) local[i] = 1;
    block_sync();
    for (std::size_t i = 0; i < sizeof local; i += 512) sum += local[i];
  });
  EXPECT_EQ(sum, 3ul * 64);
}

TEST(block_runner, the_largest_block_runs) {
  const unsigned threads = test::under_thread_sanitizer ? 128 : 1024;
  unsigned after = 0;
  run_block({threads}, [&] {
    block_sync();
    ++after;
  });
  EXPECT_EQ(after, threads);
}

TEST(block_runner, blocks_in_a_row_give_back_all_that_they_took) {
  // Stacks, and what a sanitizer keeps for each; half of the blocks fail.
  const unsigned blocks = test::under_thread_sanitizer ? 20 : 400;
  unsigned failed = 0;
  for (unsigned b = 0; b < blocks; ++b) {
    try {
      run_block({64}, [b] {
        block_sync();
        if (b % 2 == 1 && linear_thread_index() == 40) throw std::runtime_error("x");
        block_sync();
      });
    } catch (const std::runtime_error&) {
      ++failed;
    }
  }
  EXPECT_EQ(failed, blocks / 2);
}

}  // namespace
}  // namespace rk::backend::cpu
