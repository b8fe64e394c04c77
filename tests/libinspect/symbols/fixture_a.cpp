// Compiled with -g: every kind of type that a kernel's variables have.
#include <rk/device/execution.cuh>
#include <rk/device/marker.hpp>

#include "fixtures.hpp"

namespace fixture {

__device__ __debuggable__ float pressure[4][3];
__device__ __checkpoint__ std::uint64_t step_counter;
__device__ __debuggable__ double field[2][3][5];
__device__ __debuggable__ particle particles[7];
__device__ __debuggable__ aged_particle elder;
__device__ __debuggable__ phase state;
__device__ __debuggable__ direction heading;

__device__ __debuggable__ bool flag;
__device__ __debuggable__ char letter;
__device__ __debuggable__ std::int8_t i8;
__device__ __debuggable__ std::uint8_t u8;
__device__ __debuggable__ std::int16_t i16;
__device__ __debuggable__ std::uint16_t u16;
__device__ __debuggable__ std::int32_t i32;
__device__ __debuggable__ std::uint32_t u32;
__device__ __debuggable__ std::int64_t i64;
__device__ __debuggable__ unsigned long u64;
#ifdef __FLT16_MAX__
__extension__ __device__ __debuggable__ _Float16 f16;
#endif
__device__ __debuggable__ float f32;
__device__ __debuggable__ double f64;
__device__ __debuggable__ const float* pointer;
__device__ __debuggable__ volatile float weather[6];

using row = float[8];
__device__ __debuggable__ row rows[2];

using kelvin = float;
__device__ __debuggable__ kelvin temperature;

typedef struct {
  std::int32_t first;
} nameless;
__device__ __debuggable__ nameless named_by_typedef;

inline namespace v1 {
__device__ __debuggable__ std::int32_t versioned;
}
namespace {
__device__ __debuggable__ std::int32_t hidden;
}

static __device__ __debuggable__ std::int32_t duplicate[2];

const void* duplicate_of_a() {
  return duplicate;
}
const void* local_of_a() {
  static __device__ __debuggable__ std::int32_t local;
  hidden = local;
  return &local;
}

}  // namespace fixture
