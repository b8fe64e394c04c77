#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <rk/model/type.hpp>

namespace rk::exporters {

/// NumPy's name of a type, as a Python literal: '<f4', '|b1', a list of fields for a structure.
/// Types without one (bfloat16, unions, 16-byte numbers) are raw bytes, '|V2'. Members of no bytes
/// are left out.
[[nodiscard]] std::string numpy_descr(const model::type_table& types, model::type_id id);

/// Bytes of a NumPy file for elements of type `descr` (a Python literal), C order. Format 1.0; 2.0
/// for a long header, 3.0 for names beyond ASCII. Source: numpy.lib.format in NumPy's reference
/// manual.
[[nodiscard]] std::vector<std::byte> encode_npy(const std::string& descr,
                                                const std::vector<std::uint64_t>& shape,
                                                std::span<const std::byte> data);

/// Writes it to `path`: to a temporary file beside it first, then renamed. Throws
/// `rk::system_error`.
void write_npy(const std::filesystem::path& path, const std::string& descr,
               const std::vector<std::uint64_t>& shape, std::span<const std::byte> data);

}  // namespace rk::exporters
