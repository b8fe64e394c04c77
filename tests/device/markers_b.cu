#include <rk/device.cuh>

#include "device/probe.hpp"

// The same name as in markers_a.cu, on purpose.
static __device__ __debuggable__ int same_name;

namespace probe {
namespace {

__global__ void fill_markers_b_body(rk::device_view view) {
  rk::actor self = rk::start(view);
  if (self.leader && self.index == 0) same_name = 2;
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::fill_markers_b, probe::fill_markers_b_body);
