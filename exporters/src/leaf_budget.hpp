#pragma once

#include <cstdint>

#include <rk/error.hpp>
#include <rk/model/type.hpp>

namespace rk::exporters {

/// Bounds the walk through a value after its type. Members of a union overlap, so a type of few
/// bytes may have many parts; one that a hostile target sends may have more than anybody can write
/// down.
class leaf_budget {
 public:
  explicit leaf_budget(std::uint64_t bytes) : left_(parts_a_byte * bytes + spare) {}

  /// Counts one part. Throws `rk::incompatible` once there were more than the bytes can explain.
  void spend(const model::type& t) {
    if (left_-- == 0)
      throw incompatible("type " + t.name + " overlaps itself too often to be written out");
  }

 private:
  static constexpr std::uint64_t parts_a_byte = 16;
  static constexpr std::uint64_t spare = 1u << 16;
  std::uint64_t left_;
};

}  // namespace rk::exporters
