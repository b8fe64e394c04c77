// Takes the CUDA back-end's place in builds without it.
#include <rk/error.hpp>

#include "backend/device.hpp"

namespace rk::backend {

bool cuda_is_usable() {
  return false;
}

std::unique_ptr<device> open_cuda_device(int) {
  throw not_found(
      "this build has no CUDA back-end: install the CUDA toolkit and configure with RK_CUDA=ON, or "
      "use --backend cpu");
}

}  // namespace rk::backend
