#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <rk/host/backend.hpp>
#include <rk/host/type_of.hpp>
#include <rk/model/catalogue.hpp>

namespace rk::symbols {

/// What a symbol_registration says, without pointers into a library that may be unloaded.
struct registered {
  std::string name;
  const void* address = nullptr;
  element_type::kind kind = element_type::kind::named;
  std::uint64_t element_bytes = 0;
  std::string mangled_type;
  std::vector<std::uint64_t> shape;
  bool checkpoint = false;
  model::source_place source;

  /// Points into this.
  [[nodiscard]] element_type type() const noexcept;
  [[nodiscard]] std::uint64_t bytes() const noexcept;
};

/// All registrations of `backend`, as they are now.
[[nodiscard]] std::vector<registered> copy_registrations(backend_kind backend);

}  // namespace rk::symbols
