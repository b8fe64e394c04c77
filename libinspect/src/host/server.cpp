#include "host/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <rk/error.hpp>
#include <rk/protocol/message.hpp>
#include <rk/protocol/socket.hpp>

namespace rk::host {
namespace {

using protocol::frame_kind;

answer error_answer(std::uint32_t request, const protocol::error_reply& e) {
  return {{frame_kind::error, request, protocol::to_text(e), {}}, {}};
}

/// The program's signals are the program's: none is delivered to our thread.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

server::server(protocol::file_descriptor listener, handler handle)
    : listener_(std::move(listener)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), handle_(std::move(handle)) {
  if (!wake_) throw system_error("eventfd", errno);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

server::~server() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void server::run(const std::stop_token& stop) {
  block_signals();
  pthread_setname_np(pthread_self(), "rk-session");
  std::vector<pollfd> waiting;
  while (!stop.stop_requested()) {
    waiting.assign({{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}});
    bool any_sending = false;
    for (const connection& c : connections_) {
      const short events = c.sending() ? POLLOUT : POLLIN;
      waiting.push_back({c.socket.get(), events, 0});
      any_sending = any_sending || c.sending();
    }
    // Only a peer that owes us room in its socket puts a limit on this wait.
    if (::poll(waiting.data(), waiting.size(), any_sending ? 1000 : -1) < 0 && errno != EINTR) return;

    std::size_t at = 2;
    for (auto c = connections_.begin(); c != connections_.end(); ++at) {
      const short seen = waiting[at].revents;
      bool alive = true;
      if (c->sending()) {
        alive = seen != 0 ? flush(*c) : std::chrono::steady_clock::now() < c->drain_until;
      } else if (seen != 0) {
        alive = receive(*c);
      }
      c = alive ? std::next(c) : connections_.erase(c);
    }
    if (waiting[1].revents != 0) accept_all();
  }
}

void server::accept_all() {
  for (;;) {
    protocol::file_descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    if (!protocol::peer_is_same_user(socket.get())) continue;
    connection& c = connections_.emplace_back();
    c.socket = std::move(socket);
    if (connections_.size() > max_connections) {
      c.hang_up = true;
      queue(c, error_answer(0, {protocol::reply_code::failed,
                                "the session serves " + std::to_string(max_connections) +
                                    " tools already: close one and try again"}));
      if (!flush(c)) connections_.pop_back();
    }
  }
}

bool server::receive(connection& c) {
  std::array<std::byte, 16 * 1024> chunk;
  std::vector<protocol::file_descriptor> unwanted;
  try {
    const protocol::received got = protocol::receive_some(c.socket.get(), chunk, unwanted);
    if (got.closed) return false;
    if (!got.would_block) c.reader.feed(std::span(chunk).first(got.bytes));
    return answer_next(c);
  } catch (const incompatible&) {
    c.hang_up = true;
    queue(c, error_answer(0, protocol::current_error()));
    return flush(c);
  } catch (const std::exception&) {
    return false;
  }
}

bool server::answer_next(connection& c) {
  while (!c.sending()) {
    const auto request = c.reader.next();
    if (!request) return true;
    answer a;
    try {
      a = handle_(*request);
    } catch (...) {
      a = error_answer(request->request, protocol::current_error());
    }
    queue(c, std::move(a));
    if (!flush(c)) return false;
  }
  return true;
}

void server::queue(connection& c, answer a) {
  c.outgoing = protocol::encode(a.frame);
  c.descriptors = std::move(a.descriptors);
  c.sent = 0;
  c.drain_until = std::chrono::steady_clock::now() + drain_limit;
}

bool server::flush(connection& c) {
  try {
    while (c.sending()) {
      const auto rest = std::span(c.outgoing).subspan(c.sent);
      const std::size_t sent = protocol::send_some(c.socket.get(), rest, c.descriptors);
      if (sent == 0) return true;
      c.descriptors.clear();
      c.sent += sent;
      c.drain_until = std::chrono::steady_clock::now() + drain_limit;
    }
  } catch (const std::exception&) {
    return false;
  }
  c.outgoing.clear();
  c.sent = 0;
  if (c.hang_up) return false;
  return answer_next(c);
}

}  // namespace rk::host
