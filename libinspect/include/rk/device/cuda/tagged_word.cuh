#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/tagged_word.hpp>
#include <rk/device/atomic.cuh>

namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

/// A slot whose words have been loaded may be written again at once: a load that found the right
/// tag took the word with it.
inline constexpr order tagged_reuse_store = order::relaxed;
inline constexpr order tagged_reuse_load = order::relaxed;

#define RK_LOAD_TAGGED(how)               \
  asm volatile(                           \
      "{\n\t"                             \
      ".reg .b128 both;\n\t"              \
      "ld." how                           \
      ".b128 both, [%2];\n\t"             \
      "mov.b128 {%0, %1}, both;\n\t"      \
      "}"                                 \
      : "=l"(value.tag), "=l"(value.word) \
      : "l"(&from)                        \
      : "memory")

template <order O, scope S>
RK_DEVICE abi::tagged_word load_tagged(const abi::tagged_word& from) {
  static_assert(O == order::relaxed || O == order::acquire);
  static_assert(S == scope::device || S == scope::system);
  abi::tagged_word value;
  if constexpr (O == order::relaxed && S == scope::device) {
    RK_LOAD_TAGGED("relaxed.gpu");
  } else if constexpr (O == order::relaxed) {
    RK_LOAD_TAGGED("relaxed.sys");
  } else if constexpr (S == scope::device) {
    RK_LOAD_TAGGED("acquire.gpu");
  } else {
    RK_LOAD_TAGGED("acquire.sys");
  }
  return value;
}
#undef RK_LOAD_TAGGED

#define RK_STORE_TAGGED(how)         \
  asm volatile(                      \
      "{\n\t"                        \
      ".reg .b128 both;\n\t"         \
      "mov.b128 both, {%1, %2};\n\t" \
      "st." how                      \
      ".b128 [%0], both;\n\t"        \
      "}" ::"l"(&to),                \
      "l"(tag), "l"(word)            \
      : "memory")

template <order O, scope S>
RK_DEVICE void store_tagged(abi::tagged_word& to, std::uint64_t tag, std::uint64_t word) {
  static_assert(O == order::relaxed || O == order::release);
  static_assert(S == scope::device || S == scope::system);
  if constexpr (O == order::relaxed && S == scope::device) {
    RK_STORE_TAGGED("relaxed.gpu");
  } else if constexpr (O == order::relaxed) {
    RK_STORE_TAGGED("relaxed.sys");
  } else if constexpr (S == scope::device) {
    RK_STORE_TAGGED("release.gpu");
  } else {
    RK_STORE_TAGGED("release.sys");
  }
}
#undef RK_STORE_TAGGED

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
