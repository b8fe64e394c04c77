#pragma once

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include <rk/device.cuh>
#include <rk/host.hpp>

#include "libinspect/support/test_environment.hpp"

namespace rk::test {

/// A session on the CPU back-end that no tool can reach.
[[nodiscard]] inline session_options unserved() {
  session_options o;
  o.name = "probe";
  o.backend = backend_kind::cpu;
  o.serve = false;
  return o;
}

[[nodiscard]] inline std::vector<abi::actor_record> records_of(session& s,
                                                               const std::string& kernel,
                                                               std::size_t actors) {
  std::vector<abi::actor_record> records(actors);
  s.inspect("rk." + kernel + ".actors", records.data(), actors * sizeof(abi::actor_record));
  return records;
}

/// Waits for the kernel's end, however it ends.
inline void expect_end(const kernel& k, enum kernel::state as = kernel::state::finished) {
  ASSERT_TRUE(k.wait(patience)) << k.name() << " does not end";
  EXPECT_EQ(k.state(), as) << k.error();
}

}  // namespace rk::test
