#include "common/stop_on_signal.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stop_token>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <rk/error.hpp>

namespace rk::samples {

stop_on_signal::stop_on_signal() {
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGINT);
  sigaddset(&handled, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &handled, nullptr);
  signals_.reset(::signalfd(-1, &handled, SFD_CLOEXEC));
  done_.reset(::eventfd(0, EFD_CLOEXEC));
  if (!signals_ || !done_) throw system_error("signalfd", errno);
}

std::jthread stop_on_signal::start(std::function<void()> stop) {
  return std::jthread([this, stop = std::move(stop)](const std::stop_token& ended) {
    const std::stop_callback wake(ended, [this] {
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = ::write(done_.get(), &one, sizeof one);
    });
    run(stop);
  });
}

void stop_on_signal::run(const std::function<void()>& stop) {
  for (int seen = 0;;) {
    pollfd waiting[] = {{signals_.get(), POLLIN, 0}, {done_.get(), POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0 && errno != EINTR) return;
    if (waiting[1].revents != 0) return;
    if (waiting[0].revents == 0) continue;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != sizeof info) return;
    if (++seen == 2) std::_Exit(128 + static_cast<int>(info.ssi_signo));
    stop();
  }
}

}  // namespace rk::samples
