#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <rk/host/backend.hpp>
#include <rk/host/type_of.hpp>
#include <rk/model/catalogue.hpp>

#include "symbols/elf_objects.hpp"

namespace rk::symbols {

/// What a symbol_description says, without pointers into a library that may be unloaded.
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

/// Registrations of `backend` in a loaded object.
[[nodiscard]] std::vector<registered> registrations_of(const loaded_object& object,
                                                       const elf_file& file, backend_kind backend);

/// Device address of a `__device__` variable on the current device, from its host shadow: asks the
/// CUDA runtime of every loaded object that has one. Null if none knows it.
[[nodiscard]] const void* resolve_on_device(const void* host_object);

}  // namespace rk::symbols
