#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rk/protocol/file_descriptor.hpp>

namespace rk::protocol {

/// Moment after which a call gives up.
using deadline = std::chrono::steady_clock::time_point;
/// The moment `limit` from now; a limit of years means for ever.
template <class Rep, class Period>
[[nodiscard]] deadline after(std::chrono::duration<Rep, Period> limit) {
  // Later than this is never, and the end of the clock must not be passed.
  using common = std::common_type_t<std::chrono::duration<Rep, Period>, std::chrono::hours>;
  const common bounded = std::clamp<common>(limit, common::zero(), std::chrono::hours(24 * 365));
  return std::chrono::steady_clock::now() + bounded;
}

/// Listens at `path`, mode 0600, non-blocking. The path must be free.
/// Throws `rk::invalid_argument` if it is longer than a Unix socket's name may be,
/// `rk::system_error` else.
[[nodiscard]] file_descriptor listen_unix(const std::filesystem::path& path);

/// Connects, non-blocking from then on. Throws `rk::not_found` if nobody listens, `rk::timeout`.
[[nodiscard]] file_descriptor connect_unix(const std::filesystem::path& path, deadline until);

/// The process at the other end, as it was when it connected.
struct peer_process {
  std::uint64_t pid = 0;
  std::uint64_t user = 0;
  std::string program;  ///< empty if it has ended
};
/// Empty unless that process has this process's effective user id, or is root's.
[[nodiscard]] std::optional<peer_process> same_user_peer(int socket);

/// Sends what the socket takes now; `descriptors` go along with the first byte. Returns bytes
/// taken, 0 if it would block. Throws `rk::disconnected` if the other side is gone.
[[nodiscard]] std::size_t send_some(int socket, std::span<const std::byte> bytes,
                                    std::span<const int> descriptors);

/// What receive_some brought.
struct received {
  std::size_t bytes = 0;
  bool would_block = false;
  bool closed = false;
};

/// Most descriptors that one message may carry; the kernel's own limit is 253.
inline constexpr std::size_t max_descriptors = 250;

/// Receives what is there; descriptors that come along are appended. Throws `rk::disconnected`.
[[nodiscard]] received receive_some(int socket, std::span<std::byte> into,
                                    std::vector<file_descriptor>& descriptors);

/// Waits until `socket` can be read (or written). Throws `rk::timeout` with `what` when `until` is
/// past.
void wait_readable(int socket, deadline until, const char* what);
void wait_writable(int socket, deadline until, const char* what);

}  // namespace rk::protocol
