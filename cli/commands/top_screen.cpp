#include "commands/top_screen.hpp"

#include <clocale>
#include <cstdio>

#include <unistd.h>

#include <rk/error.hpp>

#define NCURSES_NOMACROS 1
#include <ncurses.h>

namespace rk::cli {

screen::screen() {
  // Standard input too: at its end every wait for a key would return at once.
  const bool is_terminal = ::isatty(STDOUT_FILENO) != 0 && ::isatty(STDIN_FILENO) != 0;
  if (!is_terminal) throw invalid_argument("top needs a terminal: use top --once in a pipe");
  std::setlocale(LC_CTYPE, "C.UTF-8");
  terminal_ = newterm(nullptr, stdout, stdin);
  if (terminal_ == nullptr) throw error("the terminal type in TERM is not known: use top --once");
  cbreak();
  noecho();
  curs_set(0);
  keypad(stdscr, true);
}

screen::~screen() {
  endwin();
  delscreen(static_cast<SCREEN*>(terminal_));
}

int screen::columns() const {
  return getmaxx(stdscr);
}
int screen::rows() const {
  return getmaxy(stdscr);
}

void screen::show(const std::vector<line>& lines) {
  werase(stdscr);
  int row = 0;
  for (const line& l : lines) {
    if (row >= rows()) break;
    const attr_t attribute = l.how == weight::bold      ? A_BOLD
                             : l.how == weight::reverse ? A_REVERSE
                                                        : A_NORMAL;
    wattron(stdscr, static_cast<int>(attribute));
    mvwaddnstr(stdscr, row, 0, l.text.c_str(), -1);
    if (l.how == weight::reverse) whline(stdscr, ' ' | A_REVERSE, columns());
    wattroff(stdscr, static_cast<int>(attribute));
    ++row;
  }
  wrefresh(stdscr);
}

int screen::key(int milliseconds) {
  wtimeout(stdscr, milliseconds);
  const int pressed = wgetch(stdscr);
  return pressed == ERR ? -1 : pressed;
}

}  // namespace rk::cli
