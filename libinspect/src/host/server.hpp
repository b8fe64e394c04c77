#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include <poll.h>

#include <rk/protocol/file_descriptor.hpp>
#include <rk/protocol/frame.hpp>
#include <rk/protocol/socket.hpp>

namespace rk::host {

/// What a request is answered with.
struct answer {
  protocol::frame frame;
  std::vector<int> descriptors;  ///< sent along; still the answerer's
};

/// Answers frames on a Unix socket, on one thread of its own.
///
/// It serves peers of the same user only, a bounded number of them, each with one request at a
/// time; it never waits for a peer. A peer that sends what is no frame is told so and hung up on;
/// one that does not take its answer is dropped.
class server {
 public:
  static constexpr std::size_t max_connections = 32;
  static constexpr std::chrono::seconds drain_limit{5};
  /// Pause in accepting when the process has no descriptor left for a connection.
  static constexpr std::chrono::milliseconds accept_pause{100};

  /// Who is at the other end of a connection; expires when it ends.
  using peer = std::weak_ptr<const protocol::peer_process>;
  using handler = std::function<answer(const protocol::frame&, const peer&)>;

  /// `handle` runs on the server's thread. It may throw: the peer gets the error. `gone` is called
  /// there after connections ended; it throws nothing.
  server(protocol::file_descriptor listener, handler handle, std::function<void()> gone = {});
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

 private:
  struct connection {
    protocol::file_descriptor socket;
    protocol::frame_reader reader{protocol::request_limits};
    std::vector<std::byte> outgoing;
    std::size_t sent = 0;
    std::vector<int> descriptors;
    std::chrono::steady_clock::time_point drain_until;
    bool hang_up = false;  ///< once outgoing is empty
    std::shared_ptr<const protocol::peer_process> presence;

    [[nodiscard]] bool sending() const noexcept { return sent < outgoing.size(); }
  };

  using clock = std::chrono::steady_clock;

  void run(const std::stop_token& stop);
  /// Fills `waiting` with what to wait for; returns for how long, in poll's milliseconds.
  [[nodiscard]] int prepare(std::vector<pollfd>& waiting) const;
  void accept_all();
  void drop_gone();
  /// These two return false when the connection is over.
  [[nodiscard]] bool serve(connection& c, short seen);
  /// Goes on as far as that needs no waiting.
  [[nodiscard]] bool proceed(connection& c);
  /// Answers the next request. False: there is no whole one yet.
  [[nodiscard]] bool answer_next(connection& c);
  /// Sends what the socket takes. False: something is left. Throws `rk::disconnected`.
  [[nodiscard]] bool flush(connection& c);
  void queue(connection& c, answer a);

  protocol::file_descriptor listener_;
  protocol::file_descriptor wake_;
  handler handle_;
  std::function<void()> gone_;
  std::list<connection> connections_;
  clock::time_point accept_from_{};  ///< no connection is taken before that
  std::jthread thread_;              ///< last: joined before the rest goes away
};

}  // namespace rk::host
