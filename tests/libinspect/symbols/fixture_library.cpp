// A shared library, compiled with -g: its own static `duplicate`, and a variable that the program
// uses.
#include <rk/device/execution.cuh>
#include <rk/device/marker.hpp>

#include "fixtures.hpp"

namespace fixture {

struct of_library {
  std::int16_t value;
};

static __device__ __debuggable__ std::uint16_t duplicate[4];
const void* duplicate_of_library() {
  return duplicate;
}

__device__ __debuggable__ std::int32_t shared_counter[2];
__device__ __debuggable__ of_library library_only;

}  // namespace fixture

namespace {
double library_registered;
RK_DEBUGGABLE(library_registered);
}  // namespace
