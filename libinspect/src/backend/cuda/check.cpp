#include "backend/cuda/check.hpp"

#include <string>
#include <string_view>

#include <rk/error.hpp>

#include "backend/cuda/driver.hpp"

namespace rk::backend::cuda {
namespace {

std::string_view call_name(std::string_view call) {
  return call.substr(0, call.find('('));
}

const char* advice(cudaError_t e) {
  switch (e) {
    case cudaErrorMemoryAllocation:
      return ": the GPU has no room for it; free memory there or allocate less";
    case cudaErrorInsufficientDriver:
      return ": update the NVIDIA driver, or use the CPU back-end (RK_BACKEND=cpu)";
    case cudaErrorNoDevice:
      return ": no GPU is visible; look at CUDA_VISIBLE_DEVICES, or use the CPU back-end "
             "(RK_BACKEND=cpu)";
    case cudaErrorCooperativeLaunchTooLarge:
      return ": use fewer or smaller blocks, all must be resident at once";
    case cudaErrorNoKernelImageForDevice:
      return ": the program was built for another GPU; set CMAKE_CUDA_ARCHITECTURES to this one's";
    case cudaErrorIllegalAddress:
      return ": a kernel touched memory that is not its own; run it under compute-sanitizer";
    default:
      return "";
  }
}

}  // namespace

void check(cudaError_t result, const char* call, std::source_location where) {
  if (result == cudaSuccess) return;
  throw cuda_error(std::string(call_name(call)) + ": " + cudaGetErrorName(result) + " (" +
                       cudaGetErrorString(result) + ")" + advice(result),
                   where);
}

void check(CUresult result, const char* call, std::source_location where) {
  if (result == CUDA_SUCCESS) return;
  const char* name = nullptr;
  const char* text = nullptr;
  driver_api().get_error_name(result, &name);
  driver_api().get_error_string(result, &text);
  throw cuda_error(std::string(call_name(call)) + ": " +
                       (name != nullptr ? name : "unknown error") + " (" +
                       (text != nullptr ? text : "no text") + ")",
                   where);
}

}  // namespace rk::backend::cuda
