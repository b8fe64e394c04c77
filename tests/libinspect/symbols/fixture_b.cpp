// Compiled with -g: a static of the same name as one in fixture_a.cpp, and a typed registration.
#include <rk/device/execution.cuh>
#include <rk/device/marker.hpp>

#include "fixtures.hpp"

namespace fixture {

static __device__ __checkpoint__ double duplicate[3];
const void* duplicate_of_b() {
  return duplicate;
}

__device__ float only_registered[2][2];
RK_CHECKPOINT(only_registered);

__device__ __debuggable__ float twice[5];
RK_CHECKPOINT(twice);

}  // namespace fixture
