#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <rk/model/catalogue.hpp>

namespace rk::model::test {

[[nodiscard]] inline type array_of(type_id element, std::uint64_t element_bytes,
                                   std::vector<std::uint64_t> extents) {
  type t;
  t.name = "array";
  t.how = encoding::array;
  t.size = bytes_of(extents, element_bytes);
  t.element = element;
  t.extents = std::move(extents);
  return t;
}

[[nodiscard]] inline type structure(std::string name, std::uint64_t size,
                                    std::vector<member> members) {
  type t;
  t.name = std::move(name);
  t.how = encoding::structure;
  t.size = size;
  t.members = std::move(members);
  return t;
}

[[nodiscard]] inline type enumeration(std::string name, std::uint64_t size, bool is_signed,
                                      std::vector<enumerator> enumerators) {
  type t;
  t.name = std::move(name);
  t.how = encoding::enumeration;
  t.size = size;
  t.is_signed = is_signed;
  t.enumerators = std::move(enumerators);
  return t;
}

/// Adds a symbol behind the others, so that its id is its place.
inline symbol& add_symbol(catalogue& c, std::string name, type_id type,
                          std::vector<std::uint64_t> shape) {
  symbol s;
  s.id = static_cast<symbol_id>(c.symbols.size());
  s.name = std::move(name);
  s.type = type;
  s.bytes = bytes_of(shape, c.types[type].size);
  s.shape = std::move(shape);
  s.source = {"wave.cu", 12};
  c.symbols.push_back(std::move(s));
  return c.symbols.back();
}

/// struct cell { float p; float v[3]; material what; int tag[2][2]; };   36 bytes
[[nodiscard]] inline type_id add_cell(type_table& types) {
  const type_id f32 = types.add_scalar("float", encoding::floating, 4);
  const type_id i32 = types.add_scalar("int", encoding::signed_integer, 4);
  const type_id velocity = types.add(array_of(f32, 4, {3}));
  const type_id tag = types.add(array_of(i32, 4, {2, 2}));
  const type_id material = types.add(enumeration("material", 4, true, {{"air", -1}, {"water", 2}}));
  return types.add(
      structure("fluid::cell", 36,
                {{"p", 0, f32}, {"v", 4, velocity}, {"what", 16, material}, {"tag", 20, tag}}));
}

/// A target with a bit of everything: scalars, arrays, structures, arrays of arrays, qualified
/// names.
[[nodiscard]] inline catalogue sample_catalogue() {
  catalogue c;
  c.revision = 7;
  c.target.name = "demo";
  c.target.pid = 4711;
  c.target.program = "/usr/bin/wave";
  c.target.build_id = "0123abcd";
  c.target.backend = "cuda";
  c.target.device = "NVIDIA H200";
  c.target.gpu_uuid = "GPU-1";
  c.target.gpu_index = 0;
  c.target.started_unix_ns = 1'700'000'000'000'000'000;
  c.target.device_clock_offset_ns = -12;
  const type_id cell = add_cell(c.types);
  const type_id f32 = c.types.add_scalar("float", encoding::floating, 4);
  const type_id u64 = c.types.add_scalar("unsigned long", encoding::unsigned_integer, 8);
  const type_id pair_of_cells = c.types.add(array_of(cell, 36, {2}));
  const type_id record = c.types.add_scalar("rk::abi::actor_record", encoding::opaque, 128);

  c.segments.push_back({segment_id{1}, segment::kind::cuda, 1u << 20, false});
  c.segments.push_back({segment_id{2}, segment::kind::host, 4096, true});

  add_symbol(c, "pressure", f32, {24, 24, 24}).where = location{segment_id{1}, 4096};
  add_symbol(c, "step", u64, {}).checkpoint = true;
  add_symbol(c, "cells", cell, {8}).where = location{segment_id{1}, 65536};
  add_symbol(c, "cells.extra", u64, {2});
  add_symbol(c, "tiles", pair_of_cells, {4});
  add_symbol(c, "counter@a.cu", u64, {});
  add_symbol(c, "counter@b.cu", u64, {});
  add_symbol(c, "fluid::density", f32, {16});
  add_symbol(c, "fluid::only@c.cu", f32, {4}).note = "from another file";
  add_symbol(c, "empty", f32, {0, 3});
  add_symbol(c, "volume", f32, {1024, 1024, 1024});
  symbol& actors = add_symbol(c, "rk.wave.actors", record, {2});
  actors.runtime = true;

  kernel k;
  k.id = kernel_id{3};
  k.name = "wave";
  k.grid = {2, 1, 1};
  k.block = {128, 1, 1};
  k.actor_count = 2;
  k.actors = actors.id;
  k.launched = true;
  k.launched_unix_ns = 1'700'000'000'000'000'001;
  c.kernels.push_back(k);
  return c;
}

}  // namespace rk::model::test
