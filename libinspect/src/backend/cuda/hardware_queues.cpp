#include "backend/cuda/hardware_queues.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include <rk/error.hpp>

namespace rk::backend::cuda {
namespace {

// CUDA C++ Programming Guide, environment variables: 8 by default, at most 32.
constexpr const char* variable = "CUDA_DEVICE_MAX_CONNECTIONS";
constexpr int usual_queues = 8;
constexpr int most_queues = 32;
/// What one session copies with.
constexpr int queues_for_copies = 4;

int queues() {
  const char* wanted = std::getenv(variable);
  if (wanted == nullptr) return usual_queues;
  return std::clamp(static_cast<int>(std::strtol(wanted, nullptr, 10)), 1, most_queues);
}

std::atomic<int>& running_kernels() {
  static std::atomic<int> count = 0;
  return count;
}

}  // namespace

queue_claim::queue_claim(const std::string& kernel) {
  const int most = std::max(1, queues() - queues_for_copies);
  const int others = running_kernels().fetch_add(1);
  if (others < most) return;
  --running_kernels();
  throw invalid_argument("kernel '" + kernel + "': " + std::to_string(others) +
                         " kernels of this process run already, at most " + std::to_string(most) +
                         " can be looked into at once; with " + variable + "=" +
                         std::to_string(most_queues) + " in the environment " +
                         std::to_string(most_queues - queues_for_copies));
}

queue_claim::~queue_claim() {
  --running_kernels();
}

}  // namespace rk::backend::cuda
