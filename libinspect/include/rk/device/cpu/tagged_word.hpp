#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/tagged_word.hpp>
#include <rk/device/atomic.cuh>

namespace rk {
inline namespace RK_BACKEND_NAMESPACE {
namespace detail {

inline constexpr order tagged_reuse_store = order::release;
inline constexpr order tagged_reuse_load = order::acquire;

template <order, scope>
abi::tagged_word load_tagged(const abi::tagged_word& from) {
  auto& at = const_cast<abi::tagged_word&>(from);
  const std::uint64_t tag = access<scope::system>(at.tag).load(std::memory_order_acquire);
  return {tag, access<scope::system>(at.word).load(std::memory_order_relaxed)};
}

template <order, scope>
void store_tagged(abi::tagged_word& to, std::uint64_t tag, std::uint64_t word) {
  access<scope::system>(to.word).store(word, std::memory_order_relaxed);
  access<scope::system>(to.tag).store(tag, std::memory_order_release);
}

}  // namespace detail
}  // namespace RK_BACKEND_NAMESPACE
}  // namespace rk
