#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <rk/error.hpp>
#include <rk/protocol/socket.hpp>

namespace rk::protocol {
namespace {

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) {
    throw invalid_argument("the socket's path is " + std::to_string(text.size()) +
                           " bytes long, at most " + std::to_string(sizeof address.sun_path - 1) +
                           " are possible: set RK_RUNTIME_DIR to a shorter folder (" + text + ")");
  }
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

file_descriptor make_socket() {
  file_descriptor s(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!s) throw system_error("socket", errno);
  return s;
}

const sockaddr* as_sockaddr(const sockaddr_un& a) {
  return reinterpret_cast<const sockaddr*>(&a);
}

void wait_for(int socket, short events, deadline until, const char* what) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) throw timeout(std::string(what) + ": no answer in time");
    pollfd p{socket, events, 0};
    const int ready = ::poll(&p, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) throw system_error("poll", errno);
  }
}

/// Room for the descriptors that one message may carry, aligned as the kernel wants it.
struct control_buffer {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * max_descriptors)> bytes{};
};

void take_descriptors(msghdr& message, std::vector<file_descriptor>& into) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
      into.emplace_back(fd);
    }
  }
}

}  // namespace

file_descriptor listen_unix(const std::filesystem::path& path) {
  const sockaddr_un address = address_of(path);
  file_descriptor s = make_socket();
  // Before bind, which gives the file the socket's own mode: nobody else may connect in between,
  // and the umask belongs to the program that we live in.
  if (::fchmod(s.get(), 0600) != 0) throw system_error("fchmod(socket)", errno);
  if (::bind(s.get(), as_sockaddr(address), sizeof address) != 0) {
    throw system_error("bind(" + path.string() + ")", errno);
  }
  if (::listen(s.get(), 16) != 0) throw system_error("listen(" + path.string() + ")", errno);
  return s;
}

file_descriptor connect_unix(const std::filesystem::path& path, deadline until) {
  const sockaddr_un address = address_of(path);
  file_descriptor s = make_socket();
  while (::connect(s.get(), as_sockaddr(address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      // The listener's queue is full; there is no event to wait for on a Unix socket but its room.
      if (std::chrono::steady_clock::now() >= until) throw timeout("connect " + path.string());
      ::poll(nullptr, 0, 1);
      continue;
    }
    if (errno == ENOENT || errno == ECONNREFUSED) {
      throw not_found("nobody listens at " + path.string());
    }
    throw system_error("connect(" + path.string() + ")", errno);
  }
  return s;
}

std::optional<peer_process> same_user_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  if (peer.uid != ::geteuid() && peer.uid != 0) return std::nullopt;
  peer_process p{static_cast<std::uint64_t>(peer.pid), peer.uid, {}};
  std::getline(std::ifstream("/proc/" + std::to_string(peer.pid) + "/comm"), p.program);
  return p;
}

std::size_t send_some(int socket, std::span<const std::byte> bytes,
                      std::span<const int> descriptors) {
  control_buffer control;
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    if (descriptors.size() > max_descriptors) {
      throw invalid_argument("a message carries at most " + std::to_string(max_descriptors) +
                             " descriptors");
    }
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size_bytes());
  }
  for (;;) {
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return 0;
    throw disconnected(std::string("the other side is gone: ") + std::strerror(errno));
  }
}

received receive_some(int socket, std::span<std::byte> into,
                      std::vector<file_descriptor>& descriptors) {
  control_buffer control;
  iovec part{into.data(), into.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  for (;;) {
    const ssize_t got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got > 0) {
      take_descriptors(message, descriptors);
      return {static_cast<std::size_t>(got), false, false};
    }
    if (got == 0) return {0, false, true};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return {0, true, false};
    if (errno == ECONNRESET) return {0, false, true};
    throw disconnected(std::string("the other side is gone: ") + std::strerror(errno));
  }
}

void wait_readable(int socket, deadline until, const char* what) {
  wait_for(socket, POLLIN, until, what);
}
void wait_writable(int socket, deadline until, const char* what) {
  wait_for(socket, POLLOUT, until, what);
}

}  // namespace rk::protocol
