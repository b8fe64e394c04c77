#pragma once

#include <rk/abi/compiler.hpp>
#include <rk/host/symbol_registration.hpp>

/// Markers, as the wishlist writes them:
///
///   __device__ __debuggable__ float pressure[N];
///   __device__ __checkpoint__ std::uint64_t step_counter;   // implies debuggable
///
/// A marker puts the variable into a section of its own; a session walks those sections for names and
/// sizes, and reads types from the program's debug information. The GPU's variables and the CPU
/// back-end's stand in different sections, so that a program which holds both shows only one.
#if RK_CUDA_COMPILER
#define __debuggable__ RK_SECTION("rk_debuggable_cuda")
#define __checkpoint__ RK_SECTION("rk_checkpoint_cuda")
#else
#define __debuggable__ RK_SECTION("rk_debuggable_cpu")
#define __checkpoint__ RK_SECTION("rk_checkpoint_cpu")
#endif

#define RK_CONCATENATE_(a, b) a##b
#define RK_CONCATENATE(a, b) RK_CONCATENATE_(a, b)

/// The typed form, after the declaration, at namespace scope: needs no debug information.
#define RK_DEBUGGABLE(variable)                                                              \
  static const ::rk::symbol_registration RK_CONCATENATE(rk_debuggable_, __LINE__) {          \
    ::rk::register_symbol(#variable, variable, false, RK_COMPILED_BACKEND, __FILE__, __LINE__) \
  }

/// The same for a variable that checkpoints contain.
#define RK_CHECKPOINT(variable)                                                             \
  static const ::rk::symbol_registration RK_CONCATENATE(rk_checkpoint_, __LINE__) {         \
    ::rk::register_symbol(#variable, variable, true, RK_COMPILED_BACKEND, __FILE__, __LINE__) \
  }
