#pragma once

#include <string>

#include <cuda_runtime_api.h>

namespace rk::backend::cuda {

/// "GPU-..." as nvidia-smi writes it.
[[nodiscard]] std::string format_uuid(const cudaUUID_t& uuid);

}  // namespace rk::backend::cuda
