#include "render/terminal.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace rk::render {
namespace {

constexpr int widest = 10'000;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

/// COLUMNS as a positive number, or 0.
int columns_of_environment() {
  const std::string_view text = environment("COLUMNS");
  int columns = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool whole = failure == std::errc{} && end == text.data() + text.size();
  return whole && columns > 0 ? std::min(columns, widest) : 0;
}

int columns_of(int fd, bool is_tty) {
  if (const int columns = columns_of_environment(); columns > 0) return columns;
  if (!is_tty) return plain().columns;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool names_utf8(std::string_view locale) {
  std::string lower(locale);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
}

bool speaks_utf8() {
  for (const char* name : std::array{"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const std::string_view locale = environment(name); !locale.empty()) {
      return names_utf8(locale);
    }
  }
  return true;
}

}  // namespace

terminal detect(int fd) {
  terminal found;
  found.is_tty = ::isatty(fd) == 1;
  found.columns = columns_of(fd, found.is_tty);
  const std::string_view kind = environment("TERM");
  found.colour = found.is_tty && environment("NO_COLOR").empty() && !kind.empty() && kind != "dumb";
  const std::string_view depth = environment("COLORTERM");
  found.truecolour = found.colour && (depth == "truecolor" || depth == "24bit");
  found.utf8 = speaks_utf8();
  return found;
}

terminal plain() {
  return terminal{};
}

}  // namespace rk::render
