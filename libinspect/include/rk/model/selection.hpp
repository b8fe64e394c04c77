#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rk/model/catalogue.hpp>

namespace rk::model {

/// One index of a bracket: `3`, `-1`, `2:8`, `:`, `::4`. Steps are positive.
struct slice_index {
  bool is_range = false;
  std::optional<std::int64_t> start;  ///< the index itself if not a range
  std::optional<std::int64_t> stop;
  std::int64_t step = 1;
  friend bool operator==(const slice_index&, const slice_index&) = default;
};

/// What may follow a symbol's name: `[...]` or `.member`.
using path_step = std::variant<std::vector<slice_index>, std::string>;

/// Reads the text behind a symbol's name: `[3,:].velocity[0]`. Throws `rk::invalid_argument` with
/// the place of the first wrong character. Lengths and counts are bounded.
[[nodiscard]] std::vector<path_step> parse_path(std::string_view text);

/// One dimension of a selection.
struct dimension {
  std::uint64_t count = 0;
  std::uint64_t stride_bytes = 0;
  friend bool operator==(const dimension&, const dimension&) = default;
};

/// What a user asked for, resolved: a strided array of elements within one symbol.
struct selection {
  std::string expression;  ///< as the user wrote it
  symbol_id symbol{};
  type_id type{};                     ///< of one selected element; never an array
  std::uint64_t offset = 0;           ///< bytes from the symbol's start to the first element
  std::vector<dimension> dimensions;  ///< outermost first; empty for one element

  [[nodiscard]] std::vector<std::uint64_t> shape() const;
  [[nodiscard]] std::uint64_t count() const;  ///< elements
};

/// Resolves `expression`, such as `pressure[12,:,:]` or `cells[3].p`, against a catalogue.
/// Throws `rk::not_found` for an unknown symbol or member, with the nearest names, and
/// `rk::invalid_argument` for a slice out of range, with the shape.
[[nodiscard]] selection resolve(const catalogue& c, std::string_view expression);

/// A run of bytes within a symbol.
struct byte_range {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// Runs that cover a selection, in rising order. Gaps are read along where that is cheaper than
/// another copy: one copy costs as much as moving about a megabyte.
[[nodiscard]] std::vector<byte_range> plan_ranges(const selection& s, std::uint64_t element_bytes);

/// Runs of exactly the selected elements, in rising order of their indices: what may be written.
/// Throws `rk::invalid_argument` if there are more than `most`.
[[nodiscard]] std::vector<byte_range> exact_ranges(const selection& s, std::uint64_t element_bytes,
                                                   std::size_t most);

/// Picks the selected elements, packed in row-major order, out of the bytes that `ranges` brought.
/// `data` holds the ranges one behind the other. Throws `rk::incompatible` if it is too short.
[[nodiscard]] std::vector<std::byte> gather(const selection& s, std::uint64_t element_bytes,
                                            const std::vector<byte_range>& ranges,
                                            const std::vector<std::byte>& data);

}  // namespace rk::model
