#pragma once

#include <array>
#include <cerrno>
#include <optional>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/protocol/file_descriptor.hpp>

#include "libinspect/support/test_environment.hpp"

namespace rk::test {

/// A forked copy of the test that runs a function of its own. Fork before the test has threads.
class child_process {
 public:
  /// The child's side of the line to its parent.
  class line {
   public:
    line(int in, int out) : in_(in), out_(out) {}
    /// Tells the parent to go on.
    void signal() const {
      if (::write(out_, "!", 1) != 1) ::_exit(3);
    }
    /// Waits for the parent's word; false if none comes.
    [[nodiscard]] bool await() const { return await_byte(in_); }

   private:
    int in_;
    int out_;
  };

  /// `body(line)` returns the child's exit code. What it throws ends the child with code 2.
  template <class Body>
  explicit child_process(Body body) {
    std::array<int, 2> down{};
    std::array<int, 2> up{};
    if (::pipe(down.data()) != 0 || ::pipe(up.data()) != 0) throw system_error("pipe", errno);
    pid_ = ::fork();
    if (pid_ < 0) throw system_error("fork", errno);
    if (pid_ == 0) {
      ::close(down[1]);
      ::close(up[0]);
      ::_exit(run(body, line(down[0], up[1])));
    }
    ::close(down[0]);
    ::close(up[1]);
    out_.reset(down[1]);
    in_.reset(up[0]);
  }
  ~child_process() { kill_now(); }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool await() const { return await_byte(in_.get()); }
  void signal() const {
    if (::write(out_.get(), "!", 1) != 1) throw system_error("write", errno);
  }

  /// Exit code; empty if the child does not end, or not by itself.
  [[nodiscard]] std::optional<int> exit_code() {
    int status = 0;
    if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) return std::nullopt;
    pid_ = -1;
    if (!WIFEXITED(status)) return std::nullopt;
    return WEXITSTATUS(status);
  }

  void kill_now() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  template <class Body>
  static int run(Body& body, const line& to_parent) noexcept {
    try {
      return body(to_parent);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "child: %s\n", e.what());
      return 2;
    }
  }

  [[nodiscard]] static bool await_byte(int from) {
    pollfd p{from, POLLIN, 0};
    char byte = 0;
    const auto limit = std::chrono::milliseconds(patience).count();
    return ::poll(&p, 1, static_cast<int>(limit)) == 1 && ::read(from, &byte, 1) == 1;
  }

  pid_t pid_ = -1;
  protocol::file_descriptor in_;
  protocol::file_descriptor out_;
};

}  // namespace rk::test
