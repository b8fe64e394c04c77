#include "host/server.hpp"

#include <array>
#include <cerrno>
#include <optional>

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

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

server::server(protocol::file_descriptor listener, handler handle, std::function<void()> gone)
    : listener_(std::move(listener)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      handle_(std::move(handle)),
      gone_(std::move(gone)) {
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
    const int limit_ms = prepare(waiting);
    if (::poll(waiting.data(), waiting.size(), limit_ms) < 0 && errno != EINTR) return;
    std::size_t at = 2;
    const std::size_t before = connections_.size();
    for (auto c = connections_.begin(); c != connections_.end(); ++at) {
      c = serve(*c, waiting[at].revents) ? std::next(c) : connections_.erase(c);
    }
    if (connections_.size() != before && gone_) gone_();
    if (waiting[1].revents != 0) accept_all();
  }
}

int server::prepare(std::vector<pollfd>& waiting) const {
  const bool accepts = clock::now() >= accept_from_;
  waiting.assign({{wake_.get(), POLLIN, 0}, {accepts ? listener_.get() : -1, POLLIN, 0}});
  // Without a limit, unless a peer owes us room in its socket or the process a descriptor.
  int limit_ms = accepts ? -1 : static_cast<int>(accept_pause.count());
  for (const connection& c : connections_) {
    const short events = c.sending() ? POLLOUT : POLLIN;
    waiting.push_back({c.socket.get(), events, 0});
    if (c.sending() && limit_ms < 0) limit_ms = 1000;
  }
  return limit_ms;
}

void server::accept_all() {
  for (;;) {
    protocol::file_descriptor socket(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (!socket) {
      // Whoever waits in the queue would wake us again at once.
      if (errno != EAGAIN) accept_from_ = clock::now() + accept_pause;
      return;
    }
    const auto who = protocol::same_user_peer(socket.get());
    if (!who) continue;
    // Tools that came and went since the last look take nobody's place.
    if (connections_.size() >= max_connections) drop_gone();
    connection& c = connections_.emplace_back();
    c.socket = std::move(socket);
    c.presence = std::make_shared<const protocol::peer_process>(*who);
    if (connections_.size() <= max_connections) continue;
    c.hang_up = true;
    queue(c, error_answer(0, {protocol::reply_code::failed,
                              "the session serves " + std::to_string(max_connections) +
                                  " tools already: close one and try again"}));
    if (!proceed(c)) connections_.pop_back();
  }
}

void server::drop_gone() {
  connections_.remove_if([](const connection& c) {
    pollfd look{c.socket.get(), 0, 0};
    return ::poll(&look, 1, 0) == 1 && (look.revents & (POLLHUP | POLLERR)) != 0;
  });
  if (gone_) gone_();
}

bool server::serve(connection& c, short seen) {
  if (c.sending()) return seen != 0 ? proceed(c) : clock::now() < c.drain_until;
  if (seen == 0) return true;
  std::array<std::byte, std::size_t{16} * 1024> chunk;
  std::vector<protocol::file_descriptor> unwanted;
  try {
    const protocol::received got = protocol::receive_some(c.socket.get(), chunk, unwanted);
    if (got.closed) return false;
    c.reader.feed(std::span(chunk).first(got.bytes));
  } catch (const std::exception&) {
    return false;
  }
  return proceed(c);
}

bool server::proceed(connection& c) {
  try {
    for (;;) {
      if (!flush(c)) return true;
      if (c.hang_up) return false;
      if (!answer_next(c)) return true;
    }
  } catch (const std::exception&) {
    return false;
  }
}

bool server::answer_next(connection& c) {
  std::optional<protocol::frame> request;
  try {
    request = c.reader.next();
  } catch (const incompatible&) {
    c.hang_up = true;
    queue(c, error_answer(0, protocol::current_error()));
    return true;
  }
  if (!request) return false;
  answer a;
  try {
    a = handle_(*request, c.presence);
  } catch (...) {
    a = error_answer(request->request, protocol::current_error());
  }
  queue(c, std::move(a));
  return true;
}

void server::queue(connection& c, answer a) {
  c.outgoing = protocol::encode(a.frame);
  c.descriptors = std::move(a.descriptors);
  c.sent = 0;
  c.drain_until = clock::now() + drain_limit;
}

bool server::flush(connection& c) {
  while (c.sending()) {
    auto bytes = std::span(c.outgoing).subspan(c.sent);
    auto descriptors = std::span(c.descriptors);
    if (descriptors.size() > protocol::max_descriptors) {
      // More than one message carries: each gets a byte of the frame and its share of them.
      descriptors = descriptors.first(protocol::max_descriptors);
      bytes = bytes.first(1);
    }
    const std::size_t sent = protocol::send_some(c.socket.get(), bytes, descriptors);
    if (sent == 0) return false;
    c.descriptors.erase(c.descriptors.begin(), c.descriptors.begin() + std::ssize(descriptors));
    c.sent += sent;
    c.drain_until = clock::now() + drain_limit;
  }
  c.outgoing.clear();
  c.sent = 0;
  return true;
}

}  // namespace rk::host
