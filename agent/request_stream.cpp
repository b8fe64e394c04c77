#include "request_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rk::agent {

using std::chrono::steady_clock;

request_stream::request_stream(socket_t socket, int stop)
    : socket_(socket), stop_(stop), request_until_(steady_clock::now() + request_limit) {}

/// Input that nobody read makes close() reset the connection, and the answer is lost on its way:
/// the rest of the request is taken and dropped first.
request_stream::~request_stream() {
  ::shutdown(socket_, SHUT_WR);
  std::array<char, 4096> dropped;
  while (answer_until_ && read(dropped.data(), dropped.size()) > 0) {
  }
  ::close(socket_);
}

bool request_stream::wait(short events, time_point until) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 2> waiting = {{{socket_, events, 0}, {stop_, POLLIN, 0}}};
    const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0) return waiting[1].revents == 0;
  }
}

request_stream::time_point request_stream::answer_until() const {
  return answer_until_.value_or(steady_clock::now() + answer_limit);
}

bool request_stream::is_readable() const {
  return wait(POLLIN, request_until_);
}
bool request_stream::is_writable() const {
  return wait(POLLOUT, answer_until());
}

ssize_t request_stream::read(char* bytes, std::size_t size) {
  size = std::min(size, max_request_bytes - request_bytes_);
  if (size == 0) return -1;
  while (wait(POLLIN, request_until_)) {
    const ssize_t got = ::recv(socket_, bytes, size, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got > 0) request_bytes_ += static_cast<std::size_t>(got);
    return got;
  }
  return -1;
}

ssize_t request_stream::write(const char* bytes, std::size_t size) {
  answer_until_ = answer_until();
  while (wait(POLLOUT, *answer_until_)) {
    const ssize_t sent = ::send(socket_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return sent;
  }
  return -1;
}

/// Nobody asks who asks: the pages are the same for all.
void request_stream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void request_stream::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace rk::agent
