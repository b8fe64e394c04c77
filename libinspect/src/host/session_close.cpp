// The part of session_core that ends all kernels.
#include <algorithm>
#include <cstdio>
#include <utility>

#include <rk/error.hpp>

#include "host/session_core.hpp"

namespace rk::host {
namespace {

constexpr std::chrono::seconds stop_limit{5};
constexpr std::chrono::seconds abort_limit{2};

}  // namespace

bool session_core::wait_for_all(std::chrono::nanoseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::vector<std::shared_ptr<backend::running_kernel>> kernels;
  {
    const std::lock_guard lock(launched_mutex_);
    for (const launched& l : launched_) kernels.push_back(l.kernel);
  }
  return std::all_of(kernels.begin(), kernels.end(), [&](const auto& kernel) {
    return kernel->wait(
        std::max(std::chrono::nanoseconds(0), until - std::chrono::steady_clock::now()));
  });
}

void session_core::request_all(abi::request r) {
  std::vector<model::kernel_id> ids;
  {
    const std::lock_guard lock(launched_mutex_);
    for (const launched& l : launched_) ids.push_back(l.id);
  }
  for (const auto id : ids) post(id, r);
}

void session_core::end_what_is_away() noexcept {
  try {
    const std::lock_guard lock(launched_mutex_);
    for (launched& l : launched_) {
      if (status_of(l).state == model::kernel_state::preempted) end_for_good(l);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "rk: session '%s': %s\n", name_.c_str(), e.what());
  }
}

void session_core::mark_end() noexcept {
  try {
    for (const model::kernel& k : registry_->catalogue().kernels) {
      const auto records = records_of(k.id);
      if (std::any_of(records.begin(), records.end(), model::has_work_left)) return;
    }
    registry_->mark_ended();
  } catch (const std::exception&) {
    // Nothing can be read after a fault: whoever keeps the memory will look for itself.
  }
}

void session_core::close() {
  {
    const std::lock_guard lock(launched_mutex_);
    if (std::exchange(is_closing_, true)) return;
  }
  bool ended = wait_for_all(std::chrono::nanoseconds(0));
  try {
    if (!ended) {
      request_all(abi::request::stop);
      ended = wait_for_all(stop_limit);
    }
    if (!ended) {
      request_all(abi::request::abort);
      ended = wait_for_all(abort_limit);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "rk: session '%s': %s\n", name_.c_str(), e.what());
  }
  end_what_is_away();
  if (ended) mark_end();
  // Who asked for state and an end, in one, is still reading the state.
  operations_->wait_for_last_reader();
  server_.reset();
  claim_.reset();
  const std::lock_guard lock(launched_mutex_);
  closed_ = true;
  relaunched_.notify_all();
  if (ended) return;
  // A kernel that obeys neither still writes to the segments, and freeing memory under a running
  // kernel would wait for ever: all of this stays until the process ends.
  std::fprintf(
      stderr,
      "rk: session '%s': a kernel did not end within %lld s, neither by stop nor by abort: give "
      "its loops safe points, its waits rk's waits. Its memory is left to the process's end.\n",
      name_.c_str(), static_cast<long long>((stop_limit + abort_limit).count()));
  kept_ = weak_from_this().lock();
}

}  // namespace rk::host
