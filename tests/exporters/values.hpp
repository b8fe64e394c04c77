#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include <rk/model/value.hpp>

#include "libinspect/model/sample_catalogue.hpp"

namespace rk::exporters::test {

/// The bytes of values, one behind the other.
template <class... T>
[[nodiscard]] std::vector<std::byte> bytes_of(const T&... values) {
  std::vector<std::byte> bytes((sizeof(T) + ...));
  std::size_t at = 0;
  const auto append = [&](const void* from, std::size_t size) {
    std::memcpy(bytes.data() + at, from, size);
    at += size;
  };
  (append(&values, sizeof values), ...);
  return bytes;
}

/// One element of a scalar type.
struct scalar_value {
  model::type_table types;
  model::array_value value;
};

template <class... T>
[[nodiscard]] scalar_value scalars(const std::string& name, model::encoding how,
                                   std::vector<std::uint64_t> shape, const T&... values) {
  scalar_value s;
  constexpr std::size_t size = (sizeof(T) + ...) / sizeof...(T);
  s.value = {s.types.add_scalar(name, how, size), std::move(shape), bytes_of(values...)};
  return s;
}

/// A type of `levels` levels and one byte that has 2^levels parts: each level overlaps two of the
/// last.
[[nodiscard]] inline model::type_id add_overlapping(model::type_table& types, int levels) {
  model::type_id part = types.add_scalar("char", model::encoding::unsigned_integer, 1);
  for (int i = 0; i < levels; ++i) {
    part = types.add(
        model::test::structure("u" + std::to_string(i), 1, {{"a", 0, part}, {"b", 0, part}}));
  }
  return part;
}

}  // namespace rk::exporters::test
