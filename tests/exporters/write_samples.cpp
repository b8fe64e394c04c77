// Writes what the exporters make into a folder, for check_samples.py, which reads it with the real
// consumers.
#include <cstdio>
#include <limits>

#include <rk/exporters/csv.hpp>
#include <rk/exporters/npy.hpp>
#include <rk/storage/atomic_file.hpp>

#include "exporters/sample_scrape.hpp"

namespace {

using namespace rk;
using exporters::test::bytes_of;
using model::encoding;

struct sample_writer {
  std::filesystem::path folder;

  void write(const std::string& name, const model::type_table& types, model::type_id type,
             const std::vector<std::uint64_t>& shape, const std::vector<std::byte>& bytes) const {
    exporters::write_npy(folder / (name + ".npy"), exporters::numpy_descr(types, type), shape,
                         bytes);
    storage::write_file(folder / (name + ".csv"), exporters::to_csv(types, {type, shape, bytes}));
  }
};

void write_scalars(const sample_writer& to) {
  model::type_table t;
  to.write("f32", t, t.add_scalar("float", encoding::floating, 4), {2, 3},
           bytes_of(0.0F, 1.0F, -2.5F, 1e-30F, std::numeric_limits<float>::infinity(), 5.0F));
  to.write("f64", t, t.add_scalar("double", encoding::floating, 8), {}, bytes_of(0.1));
  to.write("f16", t, t.add_scalar("__half", encoding::floating, 2), {2},
           bytes_of(std::uint16_t{0x3c00}, std::uint16_t{0xc000}));
  to.write("bf16", t, t.add_scalar("__nv_bfloat16", encoding::brain_floating, 2), {2},
           bytes_of(std::uint16_t{0x3f80}, std::uint16_t{0xc000}));
  to.write(
      "i64", t, t.add_scalar("long", encoding::signed_integer, 8), {2},
      bytes_of(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
  to.write("bool", t, t.add_scalar("bool", encoding::boolean, 1), {2}, bytes_of(true, false));
  to.write("empty", t, t.add_scalar("float", encoding::floating, 4), {0, 3}, {});
  to.write("odd", t, t.add(model::test::enumeration("odd", 1, true, {{"a,\"b\"\n", 0}})), {2},
           bytes_of(std::int8_t{0}, std::int8_t{-1}));
}

/// struct padded { signed char a; double b; float m[2][2]; signed char größe; };
void write_structures(const sample_writer& to) {
  struct padded {
    signed char a;
    double b;
    float m[2][2];
    signed char size;
  };
  model::type_table t;
  const auto i8 = t.add_scalar("signed char", encoding::signed_integer, 1);
  const auto f64 = t.add_scalar("double", encoding::floating, 8);
  const auto f32 = t.add_scalar("float", encoding::floating, 4);
  const auto matrix = t.add(model::test::array_of(f32, 4, {2, 2}));
  const auto type = t.add(model::test::structure("padded", sizeof(padded),
                                                 {{"a", offsetof(padded, a), i8},
                                                  {"b", offsetof(padded, b), f64},
                                                  {"m", offsetof(padded, m), matrix},
                                                  {"größe", offsetof(padded, size), i8}}));
  to.write("padded", t, type, {2},
           bytes_of(padded{1, 2.5, {{1, 2}, {3, 4}}, 9}, padded{-1, -2.5, {{5, 6}, {7, 8}}, -9}));
  const auto nested = t.add(model::test::structure(
      "nested", 2 * sizeof(padded), {{"first", 0, type}, {"second", sizeof(padded), type}}));
  to.write("nested", t, nested, {}, bytes_of(padded{1, 2.5, {}, 9}, padded{3, 4.5, {}, 8}));
  to.write("union", t, exporters::test::add_overlapping(t, 1), {2}, bytes_of('x', 'y'));
}

void write_long_header(const sample_writer& to) {
  model::type_table t;
  const auto u8 = t.add_scalar("unsigned char", encoding::unsigned_integer, 1);
  std::vector<model::member> members;
  for (std::uint64_t i = 0; i < 4000; ++i)
    members.push_back({"member_" + std::to_string(i), i, u8});
  to.write("long", t, t.add(model::test::structure("long", 4000, std::move(members))), {1},
           std::vector<std::byte>(4000, std::byte{7}));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_samples FOLDER\n", stderr);
    return 2;
  }
  const sample_writer to{argv[1]};
  write_scalars(to);
  write_structures(to);
  write_long_header(to);
  storage::write_file(to.folder / "metrics.prom",
                      exporters::metrics_text(exporters::test::sample_scrape()));
  return 0;
}
