#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <rk/error.hpp>
#include <rk/protocol/frame.hpp>
#include <rk/protocol/socket.hpp>

#include "libinspect/support/test_environment.hpp"

namespace rk::test {

[[nodiscard]] inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// One end of a connection that sends what it likes: no client would send it.
class raw_peer {
 public:
  explicit raw_peer(protocol::file_descriptor socket) : socket_(std::move(socket)) {}
  [[nodiscard]] static raw_peer connect(const std::filesystem::path& path) {
    return raw_peer(protocol::connect_unix(path, protocol::after(patience)));
  }

  [[nodiscard]] int socket() const noexcept { return socket_.get(); }
  [[nodiscard]] const std::vector<protocol::file_descriptor>& descriptors() const noexcept {
    return descriptors_;
  }
  void hang_up() { socket_.reset(); }

  void send(std::span<const std::byte> bytes, std::span<const int> descriptors = {}) {
    const auto until = protocol::after(patience);
    while (!bytes.empty()) {
      const std::size_t sent = protocol::send_some(socket_.get(), bytes, descriptors);
      bytes = bytes.subspan(sent);
      if (sent != 0) descriptors = {};
      if (!bytes.empty()) protocol::wait_writable(socket_.get(), until, "the peer reads nothing");
    }
  }
  void send(const protocol::frame& f, std::span<const int> descriptors = {}) {
    send(protocol::encode(f), descriptors);
  }
  void ask(protocol::frame_kind kind, std::uint32_t request, std::string text = "{}") {
    send(protocol::frame{kind, request, std::move(text), {}});
  }

  /// The next frame; empty once the other side has hung up. Throws `rk::timeout`.
  [[nodiscard]] std::optional<protocol::frame> receive(std::chrono::milliseconds limit = patience) {
    const auto until = protocol::after(limit);
    std::vector<std::byte> chunk(64 * 1024);
    for (;;) {
      if (auto f = reader_.next()) return f;
      const auto got = protocol::receive_some(socket_.get(), chunk, descriptors_);
      if (got.closed) return std::nullopt;
      if (got.would_block) protocol::wait_readable(socket_.get(), until, "the peer says nothing");
      reader_.feed(std::span(chunk).first(got.bytes));
    }
  }

 private:
  protocol::file_descriptor socket_;
  protocol::frame_reader reader_{{17u << 20, 4u << 20}};
  std::vector<protocol::file_descriptor> descriptors_;
};

}  // namespace rk::test
