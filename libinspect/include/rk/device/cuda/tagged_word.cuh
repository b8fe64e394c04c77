#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/tagged_word.hpp>

namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

RK_DEVICE inline abi::tagged_word load_tagged(const abi::tagged_word& from) {
  abi::tagged_word value;
  asm volatile(
      "{\n\t"
      ".reg .b128 both;\n\t"
      "ld.relaxed.sys.b128 both, [%2];\n\t"
      "mov.b128 {%0, %1}, both;\n\t"
      "}"
      : "=l"(value.tag), "=l"(value.word)
      : "l"(&from)
      : "memory");
  return value;
}

RK_DEVICE inline void store_tagged(abi::tagged_word& to, std::uint64_t tag, std::uint64_t word) {
  asm volatile(
      "{\n\t"
      ".reg .b128 both;\n\t"
      "mov.b128 both, {%1, %2};\n\t"
      "st.relaxed.sys.b128 [%0], both;\n\t"
      "}" ::"l"(&to),
      "l"(tag), "l"(word)
      : "memory");
}

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
