#pragma once

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rk/host.hpp>
#include <rk/protocol/client.hpp>

#include "libinspect/support/test_environment.hpp"

namespace rk::test {

using namespace std::chrono_literals;

/// A session of its own for each test, in a runtime folder of its own.
class device_fixture : public testing::TestWithParam<rk::backend_kind> {
 protected:
  void SetUp() override {
    if (!rk::is_usable(GetParam()))
      GTEST_SKIP() << "no " << to_string(GetParam()) << " device on this machine";
    open_session();
  }
  void TearDown() override { close_session(); }
  void open_session() {
    session_.emplace(rk::session_options{.name = "probe", .backend = GetParam()});
  }
  void close_session() { session_.reset(); }

  rk::session& session() { return *session_; }
  rk::protocol::client connect() {
    return rk::protocol::client::connect(runtime_.path() / "probe.session");
  }
  [[nodiscard]] bool on_gpu() const { return GetParam() == rk::backend_kind::cuda; }
  /// Threads of a block: on the CPU each of them costs a switch at every barrier.
  [[nodiscard]] std::uint32_t block_of(std::uint32_t wanted) const { return on_gpu() ? wanted : 4; }
  [[nodiscard]] static rk::launch_options impatient() { return {.wait_deadline = 5s}; }

  /// Waits until the kernel has passed `steps` safe points; false if it does not within a generous
  /// limit.
  static bool reaches(const rk::kernel& kernel, std::uint64_t steps) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < until) {
      if (kernel.steps() >= steps) return true;
      if (kernel.wait(1ms)) return kernel.steps() >= steps;
    }
    return false;
  }

  template <class T>
  std::vector<T> inspect(const std::string& name, std::size_t count) {
    std::vector<T> values(count);
    session().inspect(name, values.data(), count * sizeof(T));
    return values;
  }

 private:
  private_runtime runtime_;
  std::optional<rk::session> session_;
};

/// How much a test of a protocol records and checks: RK_HISTORY, or what suits every day.
inline std::uint64_t history_length(unsigned usual) {
  const char* wanted = std::getenv("RK_HISTORY");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : scaled(usual);
}
/// Kernels that make a history side by side, each a part of it.
inline std::uint32_t history_kernels(backend_kind on) {
  return on == backend_kind::cuda && std::getenv("RK_HISTORY") != nullptr ? 4 : 1;
}
/// How long such a test may take.
inline std::chrono::seconds history_limit() {
  return std::getenv("RK_HISTORY") != nullptr ? std::chrono::seconds(2h) : 55s;
}

/// Every back-end; CUDA is skipped, and says so, without a GPU.
inline const auto all_backends = testing::Values(backend_kind::cpu, backend_kind::cuda);
inline const auto backend_name = [](const auto& backend) {
  return std::string(to_string(backend.param));
};

}  // namespace rk::test
