#include "http_server.hpp"

#include <cerrno>
#include <charconv>
#include <latch>
#include <semaphore>

#include <sys/eventfd.h>

#include <rk/error.hpp>
#include <rk/protocol/file_descriptor.hpp>

#include "request_stream.hpp"

namespace rk::agent {
namespace {

constexpr const char* metrics_type = "text/plain; version=0.0.4; charset=utf-8";

/// httplib's pool queues without a limit; here the accepting thread waits for a free worker
/// instead.
class bounded_pool final : public httplib::TaskQueue {
 public:
  bounded_pool() : free_(http_server::max_concurrency), pool_(http_server::max_concurrency) {}

  void enqueue(std::function<void()> task) override {
    free_.acquire();
    pool_.enqueue([this, task = std::move(task)] {
      task();
      free_.release();
    });
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  std::counting_semaphore<http_server::max_concurrency> free_;
  httplib::ThreadPool pool_;
};

/// httplib's server with streams that bound a connection as a whole.
class bounded_server final : public httplib::Server {
 public:
  bounded_server() : stop_(::eventfd(0, EFD_CLOEXEC)) {
    if (!stop_) throw system_error("eventfd", errno);
  }
  /// Every connection ends now.
  void stop_connections() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    request_stream stream(socket, stop_.get());
    bool closed = false;
    return process_request(stream, true, closed, [](httplib::Request&) {});
  }

  protocol::file_descriptor stop_;
};

void set_limits(httplib::Server& server) {
  server.set_payload_max_length(0);
  // Not SO_REUSEPORT, httplib's choice: two agents would share one port and each see half the
  // requests.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
}

void set_pages(httplib::Server& server, const http_pages& pages) {
  server.Get("/metrics", [&](const httplib::Request&, httplib::Response& r) {
    r.set_content(pages.metrics(), metrics_type);
  });
  server.Get("/healthz", [](const httplib::Request&, httplib::Response& r) {
    r.set_content("ok\n", "text/plain");
  });
  server.Get("/readyz", [&](const httplib::Request&, httplib::Response& r) {
    const bool ready = pages.ready();
    r.status = ready ? 200 : 503;
    r.set_content(ready ? "ready\n" : "discovery does not run\n", "text/plain");
  });
  server.Get("/api/v1/targets", [&](const httplib::Request&, httplib::Response& r) {
    r.set_content(pages.targets(), "application/json");
  });
  server.Get("/", [](const httplib::Request&, httplib::Response& r) {
    r.set_content("rk-agent\n/metrics\n/healthz\n/readyz\n/api/v1/targets\n", "text/plain");
  });
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& r, std::exception_ptr) {
        r.status = 500;
        r.set_content("internal error\n", "text/plain");
      });
}

}  // namespace

struct http_server::implementation {
  http_pages pages;
  bounded_server server;
  std::latch started{1};  ///< opened by the serving thread; before that, stop() would be lost
};

listen_address parse_listen_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  int port = -1;
  if (colon != std::string::npos && colon != 0) {
    const char* begin = text.data() + colon + 1;
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(begin, end, port);
    if (problem == std::errc{} && stop == end && port >= 0 && port <= 65535) {
      std::string host = text.substr(0, colon);
      if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
      return {host, port};
    }
  }
  throw invalid_argument("'" + text + "' is no address: write HOST:PORT, such as 127.0.0.1:9469");
}

http_server::http_server(const listen_address& address, http_pages pages)
    : implementation_(std::make_unique<implementation>()) {
  implementation_->pages = std::move(pages);
  httplib::Server& server = implementation_->server;
  set_limits(server);
  set_pages(server, implementation_->pages);
  if (address.port == 0) {
    port_ = server.bind_to_any_port(address.host);
  } else if (server.bind_to_port(address.host, address.port)) {
    port_ = address.port;
  }
  if (port_ <= 0) {
    throw error(
        "cannot listen on " + address.host + ":" + std::to_string(address.port) +
        ": the port is in use or the address is not this machine's; choose another with --listen");
  }
  server.new_task_queue = [this] {
    implementation_->started.count_down();
    return std::make_unique<bounded_pool>().release();
  };
  thread_ = std::jthread([&server] { server.listen_after_bind(); });
}

http_server::~http_server() {
  implementation_->started.wait();
  implementation_->server.stop_connections();
  implementation_->server.stop();
}

}  // namespace rk::agent
