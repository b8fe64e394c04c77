#include "backend/cuda/hardware_queues.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>

#include <rk/error.hpp>

namespace rk::backend::cuda {
namespace {

// CUDA C++ Programming Guide, environment variables: 8 by default, at most 32.
constexpr const char* variable = "CUDA_DEVICE_MAX_CONNECTIONS";
constexpr int usual_queues = 8;
constexpr int most_queues = 32;
/// For copies that go on at the same time.
constexpr int queues_for_copies = 4;

int queues() {
  const char* wanted = std::getenv(variable);
  if (wanted == nullptr) return usual_queues;
  return std::clamp(static_cast<int>(std::strtol(wanted, nullptr, 10)), 1, most_queues);
}

std::atomic<int>& running_kernels(int device) {
  static std::array<std::atomic<int>, 64> counts{};
  return counts.at(static_cast<std::size_t>(device) % counts.size());
}

}  // namespace

queue_claim::queue_claim(const std::string& kernel, int device) : device_(device) {
  const int all = queues();
  const int most = std::max(1, all - queues_for_copies);
  const int others = running_kernels(device).fetch_add(1);
  if (others < most) return;
  --running_kernels(device);
  std::string why = "kernel '" + kernel + "': " + std::to_string(others) +
                    " kernels of this process run on this GPU already, at most " +
                    std::to_string(most) + " can be looked into at once";
  if (all < most_queues) {
    why += std::string("; with ") + variable + "=" + std::to_string(most_queues) +
           " in the environment " + std::to_string(most_queues - queues_for_copies);
  }
  throw invalid_argument(why);
}

queue_claim::~queue_claim() {
  --running_kernels(device_);
}

}  // namespace rk::backend::cuda
