#include <algorithm>
#include <cstring>

#include <rk/exporters/npy.hpp>
#include <rk/storage/atomic_file.hpp>

namespace rk::exporters {
namespace {

using model::encoding;
using model::type;
using model::type_table;

std::string raw(std::uint64_t bytes) {
  return "|V" + std::to_string(bytes);
}

/// A kind of number in the sizes that NumPy has; in any other it is raw bytes.
std::string sized(char kind, std::uint64_t bytes, std::initializer_list<std::uint64_t> sizes) {
  if (std::find(sizes.begin(), sizes.end(), bytes) == sizes.end()) return "'" + raw(bytes) + "'";
  return (bytes == 1 ? "'|" : "'<") + std::string(1, kind) + std::to_string(bytes) + "'";
}

std::string integer(bool is_signed, std::uint64_t bytes) {
  return sized(is_signed ? 'i' : 'u', bytes, {1, 2, 4, 8});
}

std::string quoted(const std::string& text) {
  constexpr const char* digits = "0123456789abcdef";
  std::string q = "'";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7f) {
      q += std::string("\\x") + digits[code >> 4] + digits[code & 15];
      continue;
    }
    if (c == '\'' || c == '\\') q += '\\';
    q += c;
  }
  return q + "'";
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Fields in the order of their offsets, the gaps between them filled: NumPy's list form packs.
std::string structure_descr(const type_table& types, const type& t) {
  std::vector<const model::member*> members;
  for (const auto& m : t.members) {
    if (types[m.type].size != 0) members.push_back(&m);
  }
  std::stable_sort(members.begin(), members.end(),
                   [](auto* a, auto* b) { return a->offset < b->offset; });
  std::string fields;
  std::uint64_t at = 0;
  const auto gap_until = [&](std::uint64_t offset) {
    if (offset > at) fields += "('', '" + raw(offset - at) + "'), ";
    at = offset;
  };
  for (const auto* m : members) {
    if (m->offset < at) return "'" + raw(t.size) + "'";  // a union
    gap_until(m->offset);
    const type& of = types[m->type];
    const bool is_array = of.how == encoding::array;
    fields += "(" + quoted(m->name) + ", " + numpy_descr(types, is_array ? of.element : m->type);
    if (is_array) {
      fields += ", (";
      for (const auto extent : of.extents) fields += std::to_string(extent) + ",";
      fields += ")";
    }
    fields += "), ";
    at += of.size;
  }
  gap_until(t.size);
  return "[" + fields + "]";
}

}  // namespace

std::string numpy_descr(const type_table& types, model::type_id id) {
  const type& t = types[id];
  switch (t.how) {
    case encoding::boolean:
      return t.size == 1 ? "'|b1'" : integer(false, t.size);
    case encoding::signed_integer:
      return integer(true, t.size);
    case encoding::character:
    case encoding::unsigned_integer:
    case encoding::pointer:
      return integer(false, t.size);
    case encoding::enumeration:
      return integer(t.is_signed, t.size);
    case encoding::floating:
      return sized('f', t.size, {2, 4, 8});
    case encoding::structure:
      return structure_descr(types, t);
    case encoding::brain_floating:
    case encoding::array:
    case encoding::opaque:
      return "'" + raw(t.size) + "'";
  }
  return "'" + raw(t.size) + "'";
}

std::vector<std::byte> encode_npy(const std::string& descr, const std::vector<std::uint64_t>& shape,
                                  std::span<const std::byte> data) {
  std::string dims;
  for (const auto extent : shape) dims += std::to_string(extent) + ",";
  std::string header =
      "{'descr': " + descr + ", 'fortran_order': False, 'shape': (" + dims + "), }";
  // Magic, version and length stand before it; a newline ends it on a boundary of 64 bytes.
  const int version = !is_ascii(header) ? 3 : header.size() + 1 + 10 + 64 > 0xffff ? 2 : 1;
  const std::size_t prefix = version == 1 ? 10 : 12;
  const std::size_t total = (prefix + header.size() + 1 + 63) / 64 * 64;
  header.append(total - prefix - header.size() - 1, ' ');
  header += '\n';

  std::vector<std::byte> file(total + data.size());
  const auto put = [&](std::size_t at, std::size_t value) {
    file[at] = static_cast<std::byte>(value & 0xff);
  };
  std::memcpy(file.data(), "\x93NUMPY", 6);
  put(6, static_cast<std::size_t>(version));
  for (std::size_t i = 0; i < prefix - 8; ++i) put(8 + i, header.size() >> (8 * i));
  std::memcpy(file.data() + prefix, header.data(), header.size());
  if (!data.empty()) std::memcpy(file.data() + total, data.data(), data.size());
  return file;
}

void write_npy(const std::filesystem::path& path, const std::string& descr,
               const std::vector<std::uint64_t>& shape, std::span<const std::byte> data) {
  storage::write_file(path, encode_npy(descr, shape, data));
}

}  // namespace rk::exporters
