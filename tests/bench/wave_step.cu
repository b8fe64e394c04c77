// What a commanded step of rk-wave is compared with: the same arithmetic in kernels that end.
#include <cooperative_groups.h>

#include "bench/wave_step.hpp"
#include "wave/stripes.cuh"

namespace {

__global__ __launch_bounds__(512) void velocities(wave::parameters params, wave::fields f) {
  wave::update_velocities(params, f, wave::cell_walk(params.size), 0);
}

__global__ __launch_bounds__(512) void pressures(wave::parameters params, wave::fields f) {
  wave::update_pressures(f, wave::cell_walk(params.size));
}

__global__ __launch_bounds__(512) void both(wave::parameters params, wave::fields f) {
  const wave::cell_walk own(params.size);
  wave::update_velocities(params, f, own, 0);
  cooperative_groups::this_grid().sync();
  wave::update_pressures(f, own);
}

}  // namespace

namespace actors {

cudaError_t launch_wave_step(std::uint32_t blocks, std::uint32_t threads,
                             const wave::parameters& params, const wave::fields& f,
                             cudaStream_t on) {
  velocities<<<blocks, threads, 0, on>>>(params, f);
  pressures<<<blocks, threads, 0, on>>>(params, f);
  return cudaGetLastError();
}

cudaError_t launch_wave_step_cooperative(std::uint32_t blocks, std::uint32_t threads,
                                         const wave::parameters& params, const wave::fields& f,
                                         cudaStream_t on) {
  wave::parameters p = params;
  wave::fields held = f;
  void* arguments[] = {&p, &held};
  return cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(both), dim3(blocks),
                                     dim3(threads), arguments, 0, on);
}

}  // namespace actors
