#pragma once

#include <chrono>
#include <optional>

#include <httplib.h>

namespace rk::agent {

/// One connection as httplib reads and writes it, with limits on the whole of it and not on each
/// call: a client that sends a byte now and then holds a worker no longer than one that sends
/// nothing.
///
/// One request, one answer, one thread. Owns the socket and closes it.
class request_stream final : public httplib::Stream {
 public:
  /// Time for the whole request to come in, and for the whole answer to go out.
  static constexpr std::chrono::seconds request_limit{2};
  static constexpr std::chrono::seconds answer_limit{5};
  /// Bytes of a request, its head and what comes behind.
  static constexpr std::size_t max_request_bytes = 32 * 1024;

  /// `stop` becomes readable when the server ends: every wait ends then.
  request_stream(socket_t socket, int stop);
  ~request_stream() override;
  request_stream(const request_stream&) = delete;
  request_stream& operator=(const request_stream&) = delete;

  [[nodiscard]] bool is_readable() const override;
  [[nodiscard]] bool is_writable() const override;
  ssize_t read(char* bytes, std::size_t size) override;
  ssize_t write(const char* bytes, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  [[nodiscard]] socket_t socket() const override { return socket_; }

 private:
  using time_point = std::chrono::steady_clock::time_point;
  [[nodiscard]] bool wait(short events, time_point until) const;
  [[nodiscard]] time_point answer_until() const;

  socket_t socket_;
  int stop_;
  std::size_t request_bytes_ = 0;
  time_point request_until_;
  std::optional<time_point> answer_until_;  ///< set by the first byte of the answer
};

}  // namespace rk::agent
