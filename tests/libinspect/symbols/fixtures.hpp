#pragma once

#include <cstddef>
#include <cstdint>

/// What the fixtures declare and the test compares against: types, and the addresses of variables
/// that only their own file can name.
namespace fixture {

enum class phase : std::int16_t { gas = -1, liquid = 3 };
enum direction : std::uint8_t { north, south = 200 };

struct vector3 {
  float x, y, z;
};

struct particle {
  vector3 position;
  float faces[2][3];
  phase state;
  direction heading;
  bool alive;
  const particle* next;
  union {
    std::int32_t as_int;
    float as_float;
  } raw;
  std::uint32_t flags : 3;
  std::uint32_t colour : 13;
  double mass;
};

struct aged {
  std::uint64_t age;
  std::int32_t id;
};

struct aged_particle : aged {
  std::int32_t id;  ///< hides aged::id
  union {
    std::uint32_t word;
    std::uint8_t octets[4];
  };
};

/// Described nowhere but in a file without debug information.
struct undescribed;

[[nodiscard]] const void* duplicate_of_a();
[[nodiscard]] const void* duplicate_of_b();
[[nodiscard]] const void* duplicate_of_library();
[[nodiscard]] const void* local_of_a();
[[nodiscard]] const void* unregistered_of_plain();
[[nodiscard]] const void* registered_of_plain();

/// Defined in the library and read by the program, so that the linker may copy it into the program.
extern std::int32_t shared_counter[2];

}  // namespace fixture
