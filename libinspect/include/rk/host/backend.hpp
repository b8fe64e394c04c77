#pragma once

#include <cstdint>
#include <string_view>

#include <rk/abi/compiler.hpp>

/// What a cudaStream_t points to, declared here so that hosts need none of CUDA's headers.
struct CUstream_st;

namespace rk {

/// A cudaStream_t.
using stream_handle = CUstream_st*;

/// Where kernels run.
enum class backend_kind : std::uint8_t { cpu = 0, cuda = 1 };

/// "cpu" or "cuda".
[[nodiscard]] std::string_view to_string(backend_kind kind) noexcept;

/// Back-end that `text` names. Throws `rk::invalid_argument` for any other text.
[[nodiscard]] backend_kind parse_backend(std::string_view text);

/// True if kernels can run on `kind` in this process: always for the CPU; for CUDA if this build
/// has the back-end and the driver finds a device.
[[nodiscard]] bool is_usable(backend_kind kind);

/// What RK_BACKEND asks for; without it CUDA if that is usable, else the CPU.
/// Throws `rk::invalid_argument` if RK_BACKEND names no back-end.
[[nodiscard]] backend_kind default_backend();

}  // namespace rk

/// Back-end that the current translation unit's kernels are compiled for.
#if RK_CUDA_COMPILER
#define RK_COMPILED_BACKEND ::rk::backend_kind::cuda
#else
#define RK_COMPILED_BACKEND ::rk::backend_kind::cpu
#endif
