#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <rk/model/catalogue.hpp>

namespace rk::model::detail {

/// "host" or "cuda".
[[nodiscard]] std::string_view to_text(segment::kind kind) noexcept;
/// "grid", "independent" or "neighbors".
[[nodiscard]] std::string_view to_text(synchrony sync) noexcept;
/// "off", "progress", "flight_recorder" or "everything".
[[nodiscard]] std::string_view to_text(instrumentation level) noexcept;
/// As model::to_string.
[[nodiscard]] std::string_view to_text(encoding how) noexcept;

inline constexpr std::array segment_kinds{segment::kind::host, segment::kind::cuda};
inline constexpr std::array synchronies{synchrony::grid, synchrony::independent,
                                        synchrony::neighbors};
inline constexpr std::array instrumentations{instrumentation::off, instrumentation::progress,
                                             instrumentation::flight_recorder,
                                             instrumentation::everything};
inline constexpr std::array encodings{
    encoding::boolean,        encoding::character,
    encoding::signed_integer, encoding::unsigned_integer,
    encoding::floating,       encoding::brain_floating,
    encoding::pointer,        encoding::enumeration,
    encoding::structure,      encoding::array,
    encoding::opaque,
};

/// The one of `all` whose text is `text`.
template <class Enum, std::size_t N>
[[nodiscard]] std::optional<Enum> from_text(const std::array<Enum, N>& all, std::string_view text) {
  for (const Enum e : all) {
    if (to_text(e) == text) return e;
  }
  return std::nullopt;
}

}  // namespace rk::model::detail
