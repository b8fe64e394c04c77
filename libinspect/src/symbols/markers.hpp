#pragma once

#include <array>
#include <span>
#include <string_view>

#include <rk/host/backend.hpp>

namespace rk::symbols {

/// Sections that the markers of `rk/device/marker.hpp` put variables into; a back-end has two.
inline constexpr std::array<std::string_view, 4> all_marker_sections = {
    "rk_debuggable_cpu", "rk_checkpoint_cpu", "rk_debuggable_cuda", "rk_checkpoint_cuda"};

/// The debuggable section of `backend`, then its checkpoint section.
[[nodiscard]] inline std::span<const std::string_view, 2> marker_sections(
    backend_kind backend) noexcept {
  const std::span<const std::string_view, 4> all(all_marker_sections);
  return backend == backend_kind::cpu ? all.first<2>() : all.last<2>();
}
/// Tables of function pointers, see rk/host/symbol_registration.hpp.
inline constexpr std::string_view registration_section = "rk_registrations";
inline constexpr std::string_view runtime_section = "rk_runtimes";
inline constexpr std::size_t checkpoint_section = 1;  ///< place in marker_sections()

}  // namespace rk::symbols
