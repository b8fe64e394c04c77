// Compiled with -g0: symbols without types, but for what RK_DEBUGGABLE says.
#include <rk/device/execution.cuh>
#include <rk/device/marker.hpp>

#include "fixtures.hpp"

namespace fixture {

struct undescribed {
  float value;
  std::int32_t count;
};

namespace plain {

__device__ __debuggable__ float unregistered[6];
__device__ __debuggable__ float registered[2][3];
RK_DEBUGGABLE(registered);
__device__ __debuggable__ undescribed strange[2];
RK_DEBUGGABLE(strange);
__device__ __debuggable__ vector3 described;
RK_DEBUGGABLE(described);

}  // namespace plain

const void* unregistered_of_plain() {
  return plain::unregistered;
}
const void* registered_of_plain() {
  return plain::registered;
}

}  // namespace fixture
