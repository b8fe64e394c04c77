// A shared library with a marked variable and, on CUDA, a runtime of its own.
#include <rk/device.cuh>

static __device__ __debuggable__ int library_counter;

// Sets it; returns 0 if that worked.
#if RK_CUDA_COMPILER
extern "C" int set_library_counter_cuda(int value) {
  return static_cast<int>(cudaMemcpyToSymbol(library_counter, &value, sizeof value));
}
#else
extern "C" int set_library_counter_cpu(int value) {
  library_counter = value;
  return 0;
}
#endif
