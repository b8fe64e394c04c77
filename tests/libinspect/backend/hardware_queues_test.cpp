// Kernels that copies would have to wait for are refused, before anything hangs.
#include "backend/cuda/hardware_queues.hpp"

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rk/error.hpp>

namespace rk::backend::cuda {
namespace {

/// How many kernels at once a process may have.
std::size_t count_claims(const char* queues) {
  ::setenv("CUDA_DEVICE_MAX_CONNECTIONS", queues, 1);
  std::vector<std::unique_ptr<queue_claim>> held;
  try {
    while (held.size() < 100) held.push_back(std::make_unique<queue_claim>("simulate", 0));
  } catch (const invalid_argument& e) {
    EXPECT_NE(std::string(e.what()).find("simulate"), std::string::npos) << e.what();
    const bool has_hint =
        std::string(e.what()).find("CUDA_DEVICE_MAX_CONNECTIONS") != std::string::npos;
    EXPECT_EQ(has_hint, held.size() < 28) << e.what();
  }
  return held.size();
}

TEST(hardware_queues, some_are_left_for_copies) {
  EXPECT_EQ(count_claims("8"), 4u);
  EXPECT_EQ(count_claims("32"), 28u);
}

TEST(hardware_queues, a_kernel_that_ended_or_was_refused_holds_none) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(count_claims("8"), 4u);
}

TEST(hardware_queues, each_gpu_has_its_own) {
  ::setenv("CUDA_DEVICE_MAX_CONNECTIONS", "5", 1);
  const queue_claim first("simulate", 0);
  const queue_claim second("simulate", 1);
  EXPECT_THROW(queue_claim("simulate", 1), invalid_argument);
}

TEST(hardware_queues, one_kernel_may_always_run) {
  for (const char* queues : {"1", "0", "-5", "many", ""}) EXPECT_EQ(count_claims(queues), 1u);
}

TEST(hardware_queues, no_more_count_than_there_are) {
  EXPECT_EQ(count_claims("1000"), 28u);
}

}  // namespace
}  // namespace rk::backend::cuda
