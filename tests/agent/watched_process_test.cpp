#include "watched_process.hpp"

#include <array>
#include <csignal>
#include <functional>
#include <stdexcept>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rk::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience{60'000};

/// A child that waits until it is told to go on.
class child {
 public:
  explicit child(const std::function<void()>& act) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(pipe[1]);
      char ignored = 0;
      static_cast<void>(::read(pipe[0], &ignored, 1));  // returns once the parent has closed it
      act();
      ::_exit(0);
    }
    ::close(pipe[0]);
    go_ = pipe[1];
  }
  ~child() {
    go_on();
    take();
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  [[nodiscard]] std::uint64_t pid() const { return static_cast<std::uint64_t>(pid_); }
  void go_on() {
    if (go_ >= 0) ::close(go_);
    go_ = -1;
  }
  /// As a parent does.
  void take() {
    if (!is_taken_) ::waitpid(pid_, nullptr, 0);
    is_taken_ = true;
  }

 private:
  pid_t pid_ = -1;
  int go_ = -1;
  bool is_taken_ = false;
};

TEST(watched_process, says_what_a_process_ended_with_before_its_parent_knows) {
  child c([] { ::_exit(3); });
  const watched_process w(c.pid());
  c.go_on();
  ASSERT_TRUE(w.has_ended(patience));
  EXPECT_EQ(w.how_it_ended(), "exit status 3");
}

TEST(watched_process, says_what_killed_it) {
  child c([] { ::raise(SIGKILL); });
  const watched_process w(c.pid());
  c.go_on();
  ASSERT_TRUE(w.has_ended(patience));
  EXPECT_EQ(w.how_it_ended(), "killed by SIGKILL");
}

TEST(watched_process, says_nothing_wrong_once_its_parent_has_taken_the_status) {
  child c([] { ::_exit(3); });
  const watched_process w(c.pid());
  c.go_on();
  c.take();
  ASSERT_TRUE(w.has_ended(patience));
  const std::string how = w.how_it_ended();
  EXPECT_TRUE(how == "exit status 3" || how.empty()) << how;  // what Linux keeps depends on its age
}

TEST(watched_process, says_nothing_of_one_that_runs_or_never_was) {
  child c([] {});
  for (const std::uint64_t pid : {c.pid(), std::uint64_t{0x7fffffff}}) {
    const watched_process w(pid);
    EXPECT_FALSE(w.has_ended(milliseconds(1)));
    EXPECT_EQ(w.how_it_ended(), "");
  }
}

}  // namespace
}  // namespace rk::agent
