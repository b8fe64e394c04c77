#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <rk/abi/compiler.hpp>
#include <rk/host/backend.hpp>
#include <rk/host/type_of.hpp>

/// What the markers leave in an object file beside the variables themselves: tables of function
/// pointers in sections of their own, which a session finds and calls. Nothing runs before main(),
/// a library needs no symbol of ours to be linked, and what is unloaded is gone.
namespace rk {

/// One RK_DEBUGGABLE or RK_CHECKPOINT: a variable with its type and shape, known at compile time.
struct symbol_description {
  static constexpr std::size_t max_rank = 8;

  const char* name;
  const void* address;  ///< the variable on the CPU back-end, its host shadow on the GPU's
  element_type type;
  std::uint64_t shape[max_rank];
  std::size_t rank;
  bool checkpoint;
  backend_kind backend;
  const char* file;
  int line;
};

/// Entry of section "rk_registrations".
using describe_function = symbol_description();

/// Entry of section "rk_runtimes": device address for a host shadow, or null if the CUDA runtime of
/// the object does not know it. A program and its libraries may each hold a runtime of their own
/// (the static cudart), and each knows only the variables compiled into the same object.
using resolve_function = const void*(const void* host_object);

namespace detail {

template <class T>
constexpr void describe_shape(symbol_description& d) {
  if constexpr (std::is_array_v<T>) {
    static_assert(std::rank_v<T> <= symbol_description::max_rank,
                  "rk: arrays of at most 8 dimensions");
    d.shape[d.rank++] = std::extent_v<T>;
    describe_shape<std::remove_extent_t<T>>(d);
  } else {
    d.type = type_of<T>();
  }
}

}  // namespace detail

/// Describes `variable`; only its address is used.
template <class T>
[[nodiscard]] symbol_description describe_symbol(const char* name, const T& variable,
                                                 bool checkpoint, backend_kind backend,
                                                 const char* file, int line) {
  symbol_description d{};
  detail::describe_shape<std::remove_cv_t<T>>(d);
  d.name = name;
  d.address = const_cast<const void*>(static_cast<const volatile void*>(std::addressof(variable)));
  d.checkpoint = checkpoint;
  d.backend = backend;
  d.file = file;
  d.line = line;
  return d;
}

}  // namespace rk
