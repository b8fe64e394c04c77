#pragma once

/// The one header that asks which compiler this is.
///
/// `RK_CUDA_COMPILER` is 1 while nvcc compiles, for its host pass and its device pass alike.
/// `RK_DEVICE` marks what only kernels call, `RK_HOST_DEVICE` what both sides call.

#if defined(__CUDACC__)
#define RK_CUDA_COMPILER 1
#define RK_DEVICE __device__
#define RK_HOST_DEVICE __host__ __device__
#define RK_BACKEND_NAMESPACE cuda_backend
#else
#define RK_CUDA_COMPILER 0
#define RK_DEVICE
#define RK_HOST_DEVICE
#define RK_BACKEND_NAMESPACE cpu_backend
#endif

/// Keeps what is rarely called out of its callers' registers.
#define RK_NOINLINE __attribute__((noinline)) inline

/// Before a loop whose body is to stand in the program once: unrolling takes registers, which every
/// kernel that calls the function then has fewer of. RK_UNROLL before one that is to stand there
/// once for each turn, so that what it indexes can be in registers.
#if RK_CUDA_COMPILER
#define RK_NO_UNROLL _Pragma("unroll 1")
#define RK_UNROLL _Pragma("unroll")
#else
#define RK_NO_UNROLL
#define RK_UNROLL
#endif

/// An entry of a table that a session reads from the object file's section of this name.
#define RK_TABLE_ENTRY(name) [[maybe_unused]] __attribute__((section(name), used))

/// A variable's own section, without room in the executable: a large array must not swell the file.
/// g++ passes the text behind the section's name to the assembler, which is how `@nobits` gets
/// there; clang writes the flags itself.
#if defined(__clang__)
#define RK_SECTION(name) __attribute__((section(name), used))
#else
#define RK_SECTION(name) __attribute__((section(name ",\"aw\",@nobits#"), used))
#endif
