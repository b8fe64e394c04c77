#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <rk/protocol/file_descriptor.hpp>

namespace rk::protocol {

/// Folder of sockets: $RK_RUNTIME_DIR, else $XDG_RUNTIME_DIR/rk-inspect, else
/// /run/user/UID/rk-inspect, else a folder of this user's under the system's temporary folder. Made
/// with mode 0700 if missing. Throws `rk::system_error`, or `rk::error` if the folder belongs to
/// somebody else or is open to others.
[[nodiscard]] std::filesystem::path runtime_directory();

/// Letters, digits, '.', '_', '-'; 1 to 64 of them, the first no '.' and no '-'.
[[nodiscard]] bool is_valid_name(std::string_view name) noexcept;

/// A name held by this process: an flock on NAME.lock, given up with the object or with the
/// process. Whoever can take the lock knows that the socket beside it is dead.
class name_claim {
 public:
  /// Takes `directory`/`name`.lock and removes a dead socket of that name. Throws
  /// `rk::invalid_argument` for a bad name, `rk::error` naming the holder's pid if the name is
  /// taken.
  name_claim(const std::filesystem::path& directory, std::string_view name);
  ~name_claim();
  name_claim(name_claim&&) noexcept = default;
  name_claim& operator=(name_claim&&) = delete;

  /// Where to listen.
  [[nodiscard]] const std::filesystem::path& socket() const noexcept { return socket_; }

 private:
  std::filesystem::path lock_path_;
  std::filesystem::path socket_;
  file_descriptor lock_;
};

/// Lock of a service of which one may run for each folder. Throws `rk::error` with the holder's
/// pid.
[[nodiscard]] file_descriptor claim_service(const std::filesystem::path& directory,
                                            std::string_view name);

/// A session that lives, or did when it was looked at.
struct session_entry {
  std::string name;
  std::uint64_t pid = 0;
  std::filesystem::path socket;
};

/// Live sessions, by name. Removes what dead ones left behind: sockets named like a session's, and
/// their locks, nothing else. Throws `rk::system_error` if the folder cannot be read.
[[nodiscard]] std::vector<session_entry> list_sessions(const std::filesystem::path& directory);

}  // namespace rk::protocol
