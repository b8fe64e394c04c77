#include <cstdlib>
#include <string>

#include <rk/error.hpp>

#include "backend/device.hpp"

namespace rk {

std::string_view to_string(backend_kind kind) noexcept {
  switch (kind) {
    case backend_kind::cpu:
      return "cpu";
    case backend_kind::cuda:
      return "cuda";
  }
  return "unknown";
}

backend_kind parse_backend(std::string_view text) {
  if (text == "cpu") return backend_kind::cpu;
  if (text == "cuda") return backend_kind::cuda;
  throw invalid_argument("no back-end '" + std::string(text) + "': choose cpu or cuda");
}

bool is_usable(backend_kind kind) {
  return kind == backend_kind::cpu || backend::cuda_is_usable();
}

backend_kind default_backend() {
  if (const char* chosen = std::getenv("RK_BACKEND"); chosen != nullptr && *chosen != '\0') {
    return parse_backend(chosen);
  }
  return is_usable(backend_kind::cuda) ? backend_kind::cuda : backend_kind::cpu;
}

namespace backend {

std::unique_ptr<device> open_device(backend_kind kind, int index) {
  if (kind == backend_kind::cuda) return open_cuda_device(index);
  if (index != 0)
    throw not_found("the CPU back-end is device 0; there is no device " + std::to_string(index));
  return open_cpu_device();
}

}  // namespace backend
}  // namespace rk
