#pragma once

#include <string>
#include <vector>

namespace rk::cli {

/// The whole terminal, through ncurses. Gives it back when it goes.
class screen {
 public:
  /// Throws `rk::error` if standard output or standard input is no terminal.
  screen();
  ~screen();
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  [[nodiscard]] int columns() const;
  [[nodiscard]] int rows() const;

  enum class weight { normal, bold, reverse };
  struct line {
    std::string text;
    weight how = weight::normal;
  };
  /// Shows the lines, cut to the terminal.
  void show(const std::vector<line>& lines);
  /// Next key, or -1 when `milliseconds` have passed.
  [[nodiscard]] int key(int milliseconds);

 private:
  void* terminal_ = nullptr;  // SCREEN*
};

}  // namespace rk::cli
