#include <atomic>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <rk/error.hpp>
#include <rk/host/backend.hpp>

#include "backend/device.hpp"
#include "libinspect/support/test_environment.hpp"

namespace rk::backend {
namespace {

using test::environment_variable;
using test::has;
using test::refusal;
using test::scaled;

TEST(cpu_copier, every_alignment_and_size_is_copied_and_nothing_beside_it) {
  alignas(16) std::array<std::byte, 96> source{};
  for (std::size_t i = 0; i < source.size(); ++i) source.at(i) = static_cast<std::byte>(i + 1);
  const auto device = open_cpu_device();
  const auto copier = device->create_copier(copier::usual_piece_bytes);
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t to = 0; to < 9; ++to) {
      for (std::size_t bytes = 0; bytes < 41; ++bytes) {
        alignas(16) std::array<std::byte, 64> target{};
        copier->read(target.data() + to, source.data() + from, bytes);
        for (std::size_t i = 0; i < target.size(); ++i) {
          const bool inside = i >= to && i < to + bytes;
          const std::byte expected = inside ? source.at(from + i - to) : std::byte{0};
          ASSERT_EQ(target.at(i), expected) << from << " " << to << " " << bytes << " at " << i;
        }
      }
    }
  }
}

/// Flips all bits of a word as fast as it can while `look` runs.
template <class Word, class Look>
void while_flipping(Word& word, Look look) {
  std::atomic<bool> begun{false};
  std::atomic<bool> enough{false};
  std::jthread writer([&] {
    for (Word value = 0; !enough; value = static_cast<Word>(~value)) {
      std::atomic_ref<Word>(word).store(value, std::memory_order_relaxed);
      begun = true;
    }
  });
  EXPECT_TRUE(test::eventually([&] { return begun.load(); }));
  look();
  enough = true;
}

template <class Word>
unsigned torn_reads(std::size_t offset) {
  alignas(16) std::array<std::byte, 32> memory{};
  auto& word = *reinterpret_cast<Word*>(memory.data() + offset);
  const auto device = open_cpu_device();
  const auto copier = device->create_copier(copier::usual_piece_bytes);
  unsigned torn = 0;
  while_flipping(word, [&] {
    for (unsigned i = 0; i < scaled(20'000); ++i) {
      Word copy = 0;
      copier->read(reinterpret_cast<std::byte*>(&copy), memory.data() + offset, sizeof copy);
      if (copy != 0 && copy != static_cast<Word>(~Word{0})) ++torn;
    }
  });
  return torn;
}

TEST(cpu_copier, an_aligned_scalar_is_never_read_torn_while_it_is_written) {
  EXPECT_EQ(torn_reads<std::uint64_t>(8), 0u);
  EXPECT_EQ(torn_reads<std::uint32_t>(4), 0u);
  EXPECT_EQ(torn_reads<std::uint32_t>(8), 0u);
  EXPECT_EQ(torn_reads<std::uint16_t>(6), 0u);
}

TEST(cpu_copier, a_request_word_arrives_whole) {
  alignas(8) std::uint64_t word = 0;
  const auto device = open_cpu_device();
  const auto copier = device->create_copier(copier::usual_piece_bytes);
  std::atomic<bool> enough{false};
  unsigned torn = 0;
  {
    std::jthread writer([&] {
      for (std::uint64_t value = 0; !enough; value = ~value) copier->write_word(&word, value);
    });
    for (unsigned i = 0; i < scaled(20'000); ++i) {
      const auto seen = std::atomic_ref<std::uint64_t>(word).load(std::memory_order_relaxed);
      if (seen != 0 && seen != ~std::uint64_t{0}) ++torn;
    }
    enough = true;
  }
  EXPECT_EQ(torn, 0u);
}

[[nodiscard]] bool can_be_mapped(int descriptor, std::size_t bytes, int protection) {
  void* mapped = ::mmap(nullptr, bytes, protection, MAP_SHARED, descriptor, 0);
  if (mapped == MAP_FAILED) return false;
  ::munmap(mapped, bytes);
  return true;
}

TEST(cpu_segment, state_is_handed_out_read_only_and_request_words_are_not) {
  const auto device = open_cpu_device();
  const auto state = device->create_segment(8192, false);
  const auto requests = device->create_segment(8192, true);
  EXPECT_TRUE(can_be_mapped(state->shared_descriptor(), 8192, PROT_READ));
  EXPECT_FALSE(can_be_mapped(state->shared_descriptor(), 8192, PROT_READ | PROT_WRITE));
  EXPECT_TRUE(can_be_mapped(requests->shared_descriptor(), 8192, PROT_READ | PROT_WRITE));
}

TEST(cpu_segment, it_is_zeroed_and_as_large_as_asked_for) {
  const auto device = open_cpu_device();
  const auto s = device->create_segment(12'345, false);
  EXPECT_EQ(s->bytes(), 12'345u);
  EXPECT_EQ(std::count(s->device_address(), s->device_address() + s->bytes(), std::byte{0}),
            12'345);
}

TEST(cpu_device, a_block_that_cannot_run_at_all_is_refused_before_the_grid_is_looked_at) {
  const auto device = open_cpu_device();
  launch_request request;
  request.block = {1024};
  EXPECT_EQ(device->max_resident_blocks(request), 16u);
  request.block = {1};
  EXPECT_EQ(device->max_resident_blocks(request), 256u);
  request.block = {1025};
  EXPECT_THROW(static_cast<void>(device->max_resident_blocks(request)), invalid_argument);
  request.block = {0};
  EXPECT_THROW(static_cast<void>(device->max_resident_blocks(request)), invalid_argument);
}

TEST(cpu_device, a_variable_is_where_the_program_has_it) {
  static int variable = 0;
  EXPECT_EQ(open_cpu_device()->symbol_address(&variable),
            reinterpret_cast<const std::byte*>(&variable));
}

TEST(backend, there_is_one_cpu_device) {
  EXPECT_EQ(open_device(backend_kind::cpu, 0)->kind(), backend_kind::cpu);
  EXPECT_TRUE(has(refusal<not_found>([] { static_cast<void>(open_device(backend_kind::cpu, 1)); }),
                  "no device 1"));
}

TEST(backend, every_kind_survives_text_and_back) {
  for (const auto kind : {backend_kind::cpu, backend_kind::cuda}) {
    EXPECT_EQ(parse_backend(to_string(kind)), kind);
  }
  EXPECT_TRUE(has(refusal<invalid_argument>([] { static_cast<void>(parse_backend("gpu")); }),
                  "choose cpu or cuda"));
}

TEST(backend, the_environment_chooses_and_its_mistakes_are_told) {
  EXPECT_TRUE(is_usable(backend_kind::cpu));
  {
    const environment_variable chosen("RK_BACKEND", "cpu");
    EXPECT_EQ(default_backend(), backend_kind::cpu);
  }
  {
    const environment_variable wrong("RK_BACKEND", "CPU");
    EXPECT_THROW(static_cast<void>(default_backend()), invalid_argument);
  }
  const environment_variable empty("RK_BACKEND", "");
  EXPECT_EQ(default_backend(),
            is_usable(backend_kind::cuda) ? backend_kind::cuda : backend_kind::cpu);
}

}  // namespace
}  // namespace rk::backend
