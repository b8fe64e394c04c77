#pragma once

#include <source_location>

#include <cuda.h>
#include <cuda_runtime_api.h>

namespace rk::backend::cuda {

/// Throws `rk::cuda_error` unless `result` is success: the call, CUDA's name and text, and what to
/// do.
void check(cudaError_t result, const char* call,
           std::source_location where = std::source_location::current());
void check(CUresult result, const char* call,
           std::source_location where = std::source_location::current());

}  // namespace rk::backend::cuda

#define RK_CUDA_CHECK(call) ::rk::backend::cuda::check((call), #call)
