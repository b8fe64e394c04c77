#pragma once

#include <array>

#include <rk/abi/device_view.hpp>
#include <rk/host/backend.hpp>

namespace rk {

/// One kernel, compiled for several back-ends: a function pointer for each that has it.
///
/// Declare it where host code can see it, define it in the kernel's source:
/// ```
/// inline constinit rk::portable_kernel<parameters> simulate{"simulate"};     // simulate.hpp
/// RK_DEFINE_KERNEL(simulate, simulate_body);                                 // simulate.cu
/// session.launch(simulate, grid, block, parameters{...});                    // main.cpp
/// ```
/// Definitions happen before main(); reading is thread-safe after that.
template <class... Args>
class portable_kernel {
 public:
  using function = void (*)(device_view, Args...);

  constexpr explicit portable_kernel(const char* name) noexcept : name_(name) {}

  /// Called by RK_DEFINE_KERNEL. Returns true.
  bool define(backend_kind backend, function f) noexcept {
    functions_[static_cast<std::size_t>(backend)] = f;
    return true;
  }

  /// Null if the program holds no version for `backend`.
  [[nodiscard]] function get(backend_kind backend) const noexcept {
    return functions_[static_cast<std::size_t>(backend)];
  }

  [[nodiscard]] const char* name() const noexcept { return name_; }

 private:
  const char* name_;
  std::array<function, 2> functions_{};
};

}  // namespace rk

#define RK_CONCATENATE_(a, b) a##b
#define RK_CONCATENATE(a, b) RK_CONCATENATE_(a, b)

/// Ties a `__global__` function of this source to its portable_kernel, for the back-end that is
/// being compiled.
#define RK_DEFINE_KERNEL(portable, body)                                            \
  [[maybe_unused]] static const bool RK_CONCATENATE(rk_kernel_defined_, __LINE__) = \
      (portable).define(RK_COMPILED_BACKEND, &(body))
