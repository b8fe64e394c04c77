#include "model/text.hpp"

#include <cstddef>

namespace rk::model::detail {
namespace {

constexpr std::size_t longest_quote = 256;

[[nodiscard]] unsigned char byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

/// C1 control characters, U+0080 to U+009F, are 0xC2 and their own value in UTF-8.
[[nodiscard]] bool is_control(std::string_view text, std::size_t i) noexcept {
  const unsigned char c = byte_at(text, i);
  if (c < 0x20 || c == 0x7f) return true;
  return i > 0 && byte_at(text, i - 1) == 0xc2 && c < 0xa0;
}

/// Does not end within a UTF-8 sequence.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t most) noexcept {
  while (most > 0 && (byte_at(text, most) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace

bool is_printable(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text, i)) return false;
  }
  return true;
}

std::string quoted(std::string_view text) {
  const bool is_long = text.size() > longest_quote;
  const std::string_view shown = is_long ? cut(text, longest_quote) : text;
  std::string out = "'";
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const bool control = is_control(shown, i);
    if (control && byte_at(shown, i) >= 0x80) out.pop_back();
    out += control ? '?' : shown[i];
  }
  out += is_long ? "...'" : "'";
  return out;
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string out = "[";
  for (const std::uint64_t extent : shape) {
    if (out.size() > 1) out += ',';
    out += std::to_string(extent);
  }
  out += ']';
  return out;
}

}  // namespace rk::model::detail
