#include <rk/device.cuh>

#include "device/probe.hpp"

#if RK_CUDA_COMPILER
#include <cuda_bf16.h>
#include <cuda_fp16.h>
using half_type = __half;
#else
using half_type = _Float16;
#endif

__device__ __debuggable__ float marked_pressure[4][3];
__device__ __checkpoint__ unsigned long long marked_steps;
static __device__ __debuggable__ int same_name;

namespace fluid {
__device__ __debuggable__ probe::cell cells[5];
__device__ __debuggable__ probe::phase state;
__device__ __debuggable__ half_type low_precision[4];
#if RK_CUDA_COMPILER
__device__ __debuggable__ __nv_bfloat16 brain[2];
#endif
}  // namespace fluid

namespace {
__device__ double typed_value;
RK_DEBUGGABLE(typed_value);
}  // namespace

namespace probe {
namespace {

__device__ void fill_cells() {
  for (int i = 0; i < 5; ++i) {
    fluid::cells[i].p = 0.5F * static_cast<float>(i);
    fluid::cells[i].in[1].v[2] = i + 0.25;
    fluid::cells[i].in[1].tag = static_cast<std::int16_t>(-i);
    fluid::cells[i].wet = i % 2 == 1;
  }
}

__global__ void fill_markers_body(rk::device_view view) {
  rk::actor self = rk::start(view);
  if (self.leader && self.index == 0) {
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 3; ++j) marked_pressure[i][j] = static_cast<float>(10 * i + j);
    }
    marked_steps = 123'456'789'012ULL;
    same_name = 1;
    fill_cells();
    fluid::state = phase::warm;
    for (int i = 0; i < 4; ++i)
      fluid::low_precision[i] = static_cast<half_type>(0.25F * static_cast<float>(i));
#if RK_CUDA_COMPILER
    fluid::brain[1] = __float2bfloat16(-1.5F);
#endif
    typed_value = 2.5;
  }
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::fill_markers, probe::fill_markers_body);
