// Takes the CUDA back-end's place in builds without it.
#include <rk/error.hpp>

#include "backend/device.hpp"
#include "backend/remote_segment.hpp"

namespace rk::backend {

bool cuda_is_usable() {
  return false;
}

std::unique_ptr<device> open_cuda_device(int) {
  throw not_found(
      "this build has no CUDA back-end: install the CUDA toolkit and configure with RK_CUDA=ON, or "
      "use --backend cpu");
}

std::unique_ptr<remote_segment> map_cuda_segment(int, std::uint64_t, const std::string&) {
  throw not_found("this build has no CUDA back-end, so it cannot map a GPU's memory");
}

}  // namespace rk::backend
