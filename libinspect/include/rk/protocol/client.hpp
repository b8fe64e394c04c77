#pragma once

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <rk/model/selection.hpp>
#include <rk/protocol/file_descriptor.hpp>
#include <rk/protocol/frame.hpp>
#include <rk/protocol/message.hpp>

namespace rk::protocol {

/// How long a call waits for its answer unless told otherwise.
inline constexpr std::chrono::milliseconds default_limit{5000};

/// A connection to a session. Needs no CUDA. For one thread at a time; move-only.
///
/// Every call ends within its limit: with the answer, or with `rk::timeout`, `rk::disconnected`,
/// `rk::incompatible`, or the error that the session answered. After any but the last the client is
/// of no further use.
/// ```
/// auto c = rk::protocol::client::connect(socket);
/// const auto catalogue = c.catalogue();
/// const auto field = c.read(catalogue, rk::model::resolve(catalogue, "pressure[12,:,:]"));
/// ```
class client {
 public:
  [[nodiscard]] static client connect(const std::filesystem::path& socket,
                                      std::chrono::milliseconds limit = default_limit);

  [[nodiscard]] const hello_reply& peer() const noexcept { return peer_; }
  /// Descriptors of the control segment and of the segments named in peer().
  [[nodiscard]] const std::vector<file_descriptor>& descriptors() const noexcept {
    return descriptors_;
  }

  [[nodiscard]] model::catalogue catalogue();
  [[nodiscard]] status_reply status();
  /// Bytes of the ranges, one behind the other; split into as many requests as it takes.
  [[nodiscard]] std::vector<std::byte> read(std::span<const read_range> ranges);
  /// A selection's elements, packed.
  [[nodiscard]] model::array_value read(const model::catalogue& c, const model::selection& s);
  void stop(const std::string& kernel, bool abort);

  /// Everything small: states, actors, scalars. Fetches the catalogue again only if it has changed.
  [[nodiscard]] model::snapshot snapshot(model::catalogue catalogue);

 private:
  client(file_descriptor socket, std::chrono::milliseconds limit);
  [[nodiscard]] frame call(frame_kind kind, std::string text);
  void send(std::span<const std::byte> bytes, std::chrono::steady_clock::time_point until);
  [[nodiscard]] frame receive(std::chrono::steady_clock::time_point until,
                              std::vector<file_descriptor>& descriptors);

  file_descriptor socket_;
  std::chrono::milliseconds limit_;
  frame_reader reader_;
  std::uint32_t next_request_ = 1;
  hello_reply peer_;
  std::vector<file_descriptor> descriptors_;
};

}  // namespace rk::protocol
