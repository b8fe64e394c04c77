#pragma once

#include <rk/storage/checkpoint_file.hpp>

/// What a checkpoint says of itself, as notes of a tensor file.
namespace rk::storage::detail {

[[nodiscard]] metadata to_notes(const checkpoint_info& info);
/// Throws `rk::incompatible` naming the note that is missing or wrong.
[[nodiscard]] checkpoint_info parse_notes(const metadata& notes);

/// Names of the two tensors that stand for a symbol of which only changes are stored.
[[nodiscard]] std::string ranges_name(const std::string& symbol);
[[nodiscard]] std::string bytes_name(const std::string& symbol);

}  // namespace rk::storage::detail
