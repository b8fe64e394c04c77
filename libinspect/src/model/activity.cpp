#include <algorithm>

#include <rk/model/activity.hpp>

namespace rk::model {
namespace {

constexpr double ns = 1e-9;

const kernel_snapshot* find(const snapshot* shot, kernel_id id) {
  if (shot == nullptr) return nullptr;
  const auto found = std::find_if(shot->kernels.begin(), shot->kernels.end(),
                                  [&](const auto& k) { return k.id == id; });
  return found == shot->kernels.end() ? nullptr : &*found;
}

/// Seconds from `since` on the device's clock until the snapshot; never negative.
double device_age(const snapshot& now, std::uint64_t since) {
  if (since == 0) return 0;
  const std::int64_t device_now =
      now.taken_monotonic_ns + now.catalogue.target.device_clock_offset_ns;
  return std::max(0.0, ns * static_cast<double>(device_now - static_cast<std::int64_t>(since)));
}

actor_activity actor_of(const snapshot& now, const abi::actor_record& record,
                        const abi::actor_record* before, double elapsed) {
  actor_activity a;
  a.record = record;
  const bool runs = record.state == abi::actor_state::running;
  if (runs && !is_idle(record)) a.progress_age_seconds = device_age(now, record.heartbeat_ns);
  if (runs && record.wait.kind != abi::wait_kind::none)
    a.wait_seconds = device_age(now, record.wait.since_ns);
  if (before != nullptr && elapsed > 0) {
    const std::uint64_t done = record.progress - std::min(before->progress, record.progress);
    a.steps_per_second = static_cast<double>(done) / elapsed;
    if (done != 0) a.progress_age_seconds = std::min(a.progress_age_seconds, elapsed);
  }
  return a;
}

kernel_activity kernel_of(const snapshot& now, const kernel_snapshot& kernel,
                          const kernel_snapshot* before, double elapsed) {
  kernel_activity k;
  k.id = kernel.id;
  k.state = kernel.state;
  k.steps = kernel.steps();
  if (before != nullptr && elapsed > 0) {
    k.steps_per_second =
        static_cast<double>(k.steps - std::min(k.steps, before->steps())) / elapsed;
  }
  for (std::size_t i = 0; i < kernel.actors.size(); ++i) {
    const bool known = before != nullptr && i < before->actors.size();
    k.actors.push_back(
        actor_of(now, kernel.actors[i], known ? &before->actors[i] : nullptr, elapsed));
    k.actors.back().index = static_cast<std::uint32_t>(i);
    k.progress_age_seconds = std::max(k.progress_age_seconds, k.actors.back().progress_age_seconds);
  }
  return k;
}

}  // namespace

std::vector<kernel_activity> activity_of(const snapshot& now, const snapshot* before) {
  const double elapsed =
      before == nullptr
          ? 0
          : ns * static_cast<double>(now.taken_monotonic_ns - before->taken_monotonic_ns);
  std::vector<kernel_activity> all;
  for (const auto& kernel : now.kernels)
    all.push_back(kernel_of(now, kernel, find(before, kernel.id), elapsed));
  return all;
}

}  // namespace rk::model
