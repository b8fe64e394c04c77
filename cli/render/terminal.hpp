#pragma once

namespace rk::render {

/// What the place that output goes to can show. Plain data: renderers take it and never ask the
/// environment themselves, so a test can draw for any terminal.
struct terminal {
  bool is_tty = false;      ///< a person reads it: tables are fitted to the width
  int columns = 100;        ///< width in character cells, at least 1
  bool colour = false;      ///< 256 colours by SGR sequences
  bool truecolour = false;  ///< 24-bit colours by SGR sequences; implies `colour`
  bool utf8 = true;         ///< characters outside ASCII arrive whole
};

/// Looks at the file descriptor and the environment.
///
/// Colour needs a terminal, a `TERM` other than "dumb", and an empty or absent `NO_COLOR`
/// (https://no-color.org); `COLORTERM` of "truecolor" or "24bit" adds 24-bit colour. The width is
/// `COLUMNS`, else what the terminal reports, else 80 on a terminal and 100 elsewhere. UTF-8
/// follows the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set; a bare container sets none of
/// them, and there UTF-8 is assumed. Reads the environment, so not while another thread changes it.
[[nodiscard]] terminal detect(int fd);

/// For pipes, files and tests: 100 columns, UTF-8, no colour.
[[nodiscard]] terminal plain();

}  // namespace rk::render
