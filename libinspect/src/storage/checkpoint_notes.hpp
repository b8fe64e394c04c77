#pragma once

#include <rk/abi/kernel_control.hpp>
#include <rk/storage/checkpoint_file.hpp>

/// What a checkpoint says of itself, as notes of a tensor file.
namespace rk::storage::detail {

[[nodiscard]] metadata to_notes(const checkpoint_info& info);
/// Throws `rk::incompatible` naming the note that is missing or wrong.
[[nodiscard]] checkpoint_info parse_notes(const metadata& notes);

/// Names of the two tensors that stand for a symbol of which only changes are stored.
[[nodiscard]] std::string ranges_name(const std::string& symbol);
[[nodiscard]] std::string bytes_name(const std::string& symbol);

/// Most ranges of a symbol that can have changed: its pages, of each piece of memory that it was
/// copied in.
[[nodiscard]] constexpr std::uint64_t most_ranges(std::uint64_t symbol_bytes) noexcept {
  return symbol_bytes / abi::page_bytes + abi::max_regions;
}
/// Rising, without overlaps, none of them empty, within the symbol, and not too many.
[[nodiscard]] bool are_ranges_of(std::uint64_t symbol_bytes,
                                 const std::vector<model::byte_range>& ranges) noexcept;

}  // namespace rk::storage::detail
