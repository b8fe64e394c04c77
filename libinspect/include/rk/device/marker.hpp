#pragma once

#include <rk/abi/compiler.hpp>
#include <rk/host/portable_kernel.hpp>
#include <rk/host/symbol_registration.hpp>

#if RK_CUDA_COMPILER
#include <cuda_runtime_api.h>

namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

// Internal linkage: one for each source, so that each object's own runtime is asked.
[[maybe_unused]] static const void* address_on_device(const void* host_object) {
  void* address = nullptr;
  if (cudaGetSymbolAddress(&address, host_object) == cudaSuccess) return address;
  static_cast<void>(cudaGetLastError());
  return nullptr;
}
RK_TABLE_ENTRY("rk_runtimes") static resolve_function* this_runtime = &address_on_device;

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
#endif

/// Markers, as the wishlist writes them:
///
///   __device__ __debuggable__ float pressure[N];
///   __device__ __checkpoint__ std::uint64_t step_counter;   // implies debuggable
///
/// A marker puts the variable into a section of its own; a session walks those sections for names
/// and sizes, and reads types from the program's debug information. The GPU's variables and the CPU
/// back-end's stand in different sections, so that a program which holds both shows only one.
#if RK_CUDA_COMPILER
#define __debuggable__ RK_SECTION("rk_debuggable_cuda")
#define __checkpoint__ RK_SECTION("rk_checkpoint_cuda")
#else
#define __debuggable__ RK_SECTION("rk_debuggable_cpu")
#define __checkpoint__ RK_SECTION("rk_checkpoint_cpu")
#endif

/// The typed form, after the declaration, at namespace scope: needs no debug information.
#define RK_DEBUGGABLE(variable) RK_REGISTER_SYMBOL_(variable, false)

/// The same for a variable that checkpoints contain.
#define RK_CHECKPOINT(variable) RK_REGISTER_SYMBOL_(variable, true)

#define RK_REGISTER_SYMBOL_(variable, checkpoint)                                                \
  static ::rk::symbol_description RK_CONCATENATE(rk_describe_, __LINE__)() {                     \
    return ::rk::describe_symbol(#variable, variable, checkpoint, RK_COMPILED_BACKEND, __FILE__, \
                                 __LINE__);                                                      \
  }                                                                                              \
  RK_TABLE_ENTRY("rk_registrations")                                                             \
  static ::rk::describe_function* RK_CONCATENATE(rk_registration_, __LINE__) =                   \
      &RK_CONCATENATE(rk_describe_, __LINE__)
