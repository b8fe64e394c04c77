#include "render/terminal.hpp"

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace rk::render {
namespace {

/// Gives each test an environment of its own, and a pseudo-terminal and a pipe to look at.
class terminal_test : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"NO_COLOR", "TERM", "COLORTERM", "LC_ALL", "LC_CTYPE", "LANG", "COLUMNS"}) {
      const char* value = std::getenv(name);
      before_.emplace_back(name, value == nullptr ? std::nullopt : std::optional(value));
      ::unsetenv(name);
    }
    controller_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(controller_, 0);
    ASSERT_EQ(::grantpt(controller_), 0);
    ASSERT_EQ(::unlockpt(controller_), 0);
    screen_ = ::open(::ptsname(controller_), O_RDWR | O_NOCTTY);
    ASSERT_GE(screen_, 0);
    ASSERT_EQ(::pipe(pipe_.data()), 0);
  }

  void TearDown() override {
    for (const int fd : {screen_, controller_, pipe_[0], pipe_[1]}) ::close(fd);
    for (const auto& [name, value] : before_) {
      if (value) {
        ::setenv(name.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(name.c_str());
      }
    }
  }

  static void set(const char* name, const char* value) { ::setenv(name, value, 1); }
  [[nodiscard]] terminal on_screen() const { return detect(screen_); }
  [[nodiscard]] terminal on_pipe() const { return detect(pipe_[1]); }

  int controller_ = -1;
  int screen_ = -1;
  std::array<int, 2> pipe_{-1, -1};

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

TEST_F(terminal_test, a_pipe_gets_no_escape_sequences) {
  set("TERM", "xterm-256color");
  set("COLORTERM", "truecolor");
  const terminal found = on_pipe();
  EXPECT_FALSE(found.is_tty);
  EXPECT_FALSE(found.colour);
  EXPECT_FALSE(found.truecolour);
  EXPECT_EQ(found.columns, 100);
}

TEST_F(terminal_test, colour_is_not_lost_on_a_capable_terminal) {
  set("TERM", "xterm-256color");
  EXPECT_TRUE(on_screen().is_tty);
  EXPECT_TRUE(on_screen().colour);
  EXPECT_FALSE(on_screen().truecolour);
  set("COLORTERM", "24bit");
  EXPECT_TRUE(on_screen().truecolour);
}

TEST_F(terminal_test, no_color_is_obeyed_and_counts_only_when_it_says_something) {
  set("TERM", "xterm");
  set("COLORTERM", "truecolor");
  set("NO_COLOR", "1");
  EXPECT_FALSE(on_screen().colour);
  EXPECT_FALSE(on_screen().truecolour);
  set("NO_COLOR", "");
  EXPECT_TRUE(on_screen().colour);
}

TEST_F(terminal_test, a_dumb_or_unknown_terminal_gets_no_escape_sequences) {
  EXPECT_FALSE(on_screen().colour);
  set("TERM", "dumb");
  EXPECT_FALSE(on_screen().colour);
}

TEST_F(terminal_test, the_width_of_the_window_is_used_unless_the_user_overrides_it) {
  const winsize size{40, 133, 0, 0};
  ASSERT_EQ(::ioctl(controller_, TIOCSWINSZ, &size), 0);
  EXPECT_EQ(on_screen().columns, 133);
  set("COLUMNS", "61");
  EXPECT_EQ(on_screen().columns, 61);
  EXPECT_EQ(on_pipe().columns, 61);
}

TEST_F(terminal_test, a_nonsensical_width_does_not_reach_the_renderers) {
  for (const char* nonsense : {"0", "-5", "wide", "80x", "", "99999999999999999999"}) {
    set("COLUMNS", nonsense);
    EXPECT_EQ(on_pipe().columns, 100) << nonsense;
  }
  EXPECT_EQ(on_screen().columns, 80);
  set("COLUMNS", "2000000000");
  EXPECT_EQ(on_pipe().columns, 10'000);
}

TEST_F(terminal_test, characters_that_the_locale_cannot_show_are_not_sent) {
  EXPECT_TRUE(on_screen().utf8);
  set("LANG", "de_DE.UTF-8");
  EXPECT_TRUE(on_screen().utf8);
  set("LC_CTYPE", "C");
  EXPECT_FALSE(on_screen().utf8);
  set("LC_ALL", "C.utf8");
  EXPECT_TRUE(on_screen().utf8);
}

}  // namespace
}  // namespace rk::render
