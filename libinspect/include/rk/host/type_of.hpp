#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <typeinfo>

struct __half;
struct __nv_bfloat16;

namespace rk {

/// Element type of a symbol as the compiler knows it. Structures and enumerations are named only;
/// their members come from the program's debug information.
struct element_type {
  enum class kind : std::uint8_t {
    boolean,
    character,
    signed_integer,
    unsigned_integer,
    floating,
    brain_floating,
    pointer,
    named,  ///< a structure, union or enumeration
  };
  kind what = kind::named;
  std::size_t size = 0;                ///< bytes of one element
  const char* mangled_name = nullptr;  ///< typeid(T).name()
};

/// Element type of `T`, which is neither array nor reference.
template <class T>
[[nodiscard]] constexpr element_type type_of() noexcept {
  using kind = element_type::kind;
  using U = std::remove_cv_t<T>;
  static_assert(!std::is_array_v<U> && !std::is_reference_v<U>,
                "rk: give the element type and a shape");
  static_assert(std::is_trivially_copyable_v<U>,
                "rk: only trivially copyable types can be inspected");
  kind what = kind::named;
  if constexpr (std::is_same_v<U, bool>) {
    what = kind::boolean;
  } else if constexpr (std::is_same_v<U, char>) {
    what = kind::character;
  } else if constexpr (std::is_integral_v<U>) {
    what = std::is_signed_v<U> ? kind::signed_integer : kind::unsigned_integer;
  } else if constexpr (std::is_same_v<U, __nv_bfloat16>) {
    what = kind::brain_floating;
  } else if constexpr (std::is_floating_point_v<U> || std::is_same_v<U, __half>) {
    what = kind::floating;
#if defined(__FLT16_MAX__) && !defined(__CUDACC__)
  } else if constexpr (std::is_same_v<U, _Float16>) {
    what = kind::floating;
#endif
  } else if constexpr (std::is_pointer_v<U>) {
    what = kind::pointer;
  }
  return {what, sizeof(U), typeid(U).name()};
}

}  // namespace rk
