#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace rk::agent {

/// What the server answers with; called on its threads, several at once.
struct http_pages {
  std::function<std::string()> metrics;  ///< text format 0.0.4
  std::function<bool()> ready;
  std::function<std::string()> targets;  ///< JSON
};

/// "127.0.0.1:9469" taken apart. Throws `rk::invalid_argument`.
struct listen_address {
  std::string host;
  int port = 0;
};
[[nodiscard]] listen_address parse_listen_address(const std::string& text);

/// Read-only HTTP: /metrics, /healthz, /readyz, /api/v1/targets.
///
/// Limits: two seconds for the whole of a request, no body, 8 KiB a line and 32 KiB of headers,
/// five seconds for the answer, sixteen requests at a time; further ones wait in the kernel's
/// queue. Each connection carries one request, so that idle ones hold nothing for longer.
class http_server {
 public:
  static constexpr int max_concurrency = 16;

  /// Port 0 takes a free one. Throws `rk::error` if the address cannot be had.
  http_server(const listen_address& address, http_pages pages);
  /// Ends at once: answers that are under way are cut off.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  [[nodiscard]] int port() const noexcept { return port_; }

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
  int port_ = 0;
  std::jthread thread_;
};

}  // namespace rk::agent
