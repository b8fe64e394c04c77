#include "render/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace rk::render {
namespace {

struct decoded {
  char32_t value;
  std::size_t length;  ///< bytes taken; 1 for an invalid byte
  bool valid;
};

struct code_range {
  char32_t first;
  char32_t last;
};

constexpr std::array combining{code_range{0x0300, 0x036F}, code_range{0x0483, 0x0489},
                               code_range{0x0591, 0x05BD}, code_range{0x064B, 0x065F},
                               code_range{0x1AB0, 0x1AFF}, code_range{0x1DC0, 0x1DFF},
                               code_range{0x20D0, 0x20FF}, code_range{0xFE00, 0xFE0F},
                               code_range{0xFE20, 0xFE2F}, code_range{0xE0100, 0xE01EF}};

constexpr std::array wide{
    code_range{0x1100, 0x115F},   code_range{0x2E80, 0x303E},   code_range{0x3041, 0x4DBF},
    code_range{0x4E00, 0xA4CF},   code_range{0xA960, 0xA97C},   code_range{0xAC00, 0xD7A3},
    code_range{0xF900, 0xFAFF},   code_range{0xFE30, 0xFE6F},   code_range{0xFF01, 0xFF60},
    code_range{0xFFE0, 0xFFE6},   code_range{0x1F300, 0x1F64F}, code_range{0x1F680, 0x1F6FF},
    code_range{0x1F900, 0x1FAFF}, code_range{0x20000, 0x3FFFD}};

/// Characters that are valid, yet change the order or the visibility of what surrounds them.
constexpr std::array deceptive{
    code_range{0x00AD, 0x00AD}, code_range{0x061C, 0x061C}, code_range{0x180E, 0x180E},
    code_range{0x200B, 0x200F}, code_range{0x2028, 0x202E}, code_range{0x2060, 0x206F},
    code_range{0xFEFF, 0xFEFF}, code_range{0xFFF9, 0xFFFB}, code_range{0xE0000, 0xE007F}};

bool within(char32_t value, std::span<const code_range> ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](code_range r) { return value >= r.first && value <= r.last; });
}

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const decoded invalid{byte(0), 1, false};
  const std::size_t length = sequence_length(byte(0));
  if (length == 0 || length > text.size()) return invalid;
  if (length == 1) return {byte(0), 1, true};
  char32_t value = byte(0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return invalid;
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest[length] || surrogate || value > 0x10FFFF) return invalid;
  return {value, length, true};
}

void append_hex(std::string& out, char32_t value, int least_digits) {
  constexpr std::string_view digits = "0123456789abcdef";
  int count = least_digits;
  while (count < 8 && (value >> (4 * count)) != 0) ++count;
  for (int i = count - 1; i >= 0; --i) out += digits[(value >> (4 * i)) & 0xFU];
}

void append_escaped(std::string& out, const decoded& c) {
  if (c.value == '\n' || c.value == '\r' || c.value == '\t') {
    out += c.value == '\n' ? "\\n" : c.value == '\r' ? "\\r" : "\\t";
  } else if (c.length == 1) {
    out += "\\x";
    append_hex(out, c.value, 2);
  } else {
    out += "\\u{";
    append_hex(out, c.value, 2);
    out += '}';
  }
}

int cells_of(char32_t value) {
  if (value < 0x300) return 1;
  if (within(value, combining)) return 0;
  return within(value, wide) ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const decoded c = decode(text);
    const bool control = c.value < 0x20 || (c.value >= 0x7F && c.value <= 0x9F);
    if (!c.valid || control || within(c.value, deceptive)) {
      append_escaped(out, c);
    } else {
      out += text.substr(0, c.length);
    }
    text.remove_prefix(c.length);
  }
  return out;
}

int display_width(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const decoded c = decode(text);
    width += cells_of(c.value);
    text.remove_prefix(c.length);
  }
  return width;
}

std::string elide(std::string_view text, int width, bool utf8) {
  if (display_width(text) <= width) return std::string(text);
  const std::string_view ellipsis = utf8 ? "…" : "...";
  const int room = width - (utf8 ? 1 : 3);
  if (room < 0)
    return std::string(ellipsis.substr(0, static_cast<std::size_t>(std::max(width, 0))));
  std::size_t kept = 0;
  for (int used = 0; kept < text.size();) {
    const decoded c = decode(text.substr(kept));
    used += cells_of(c.value);
    if (used > room) break;
    kept += c.length;
  }
  return std::string(text.substr(0, kept)).append(ellipsis);
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

line_wrapper::line_wrapper(int width, int indent, bool utf8)
    : width_(width), indent_(indent < width ? indent : 0), utf8_(utf8) {}

void line_wrapper::add_drawn(std::string_view part, int cells) {
  if (used_ + 2 + cells > width_) end_line();
  const int space = used_ > 0 ? 2 : indent_ + cells <= width_ ? indent_ : 0;
  lines_ += repeat(" ", space);
  lines_ += part;
  used_ += space + cells;
}

void line_wrapper::add(std::string_view part) {
  const std::string fitted = elide(part, width_, utf8_);
  add_drawn(fitted, display_width(fitted));
}

void line_wrapper::end_line() {
  if (used_ > 0) lines_ += '\n';
  used_ = 0;
}

std::string line_wrapper::finish() {
  return std::move(lines_) + '\n';
}

}  // namespace rk::render
