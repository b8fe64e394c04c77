#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/protocol/runtime_directory.hpp>

namespace rk::protocol {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view socket_suffix = ".session";
constexpr std::string_view lock_suffix = ".lock";

fs::path choose_directory() {
  const auto environment = [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
  if (const auto chosen = environment("RK_RUNTIME_DIR")) return *chosen;
  if (const auto xdg = environment("XDG_RUNTIME_DIR")) return fs::path(*xdg) / "rk-inspect";
  const std::string uid = std::to_string(::geteuid());
  std::error_code ignored;
  const fs::path desktop = fs::path("/run/user") / uid;
  if (fs::is_directory(desktop, ignored)) return desktop / "rk-inspect";
  return fs::temp_directory_path() / ("rk-inspect-" + uid);
}

/// Text behind which a decision stands must be the folder that was checked: no symbolic link.
void check_directory(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) throw system_error("stat(" + path.string() + ")", errno);
  if (!S_ISDIR(found.st_mode)) throw error("runtime folder " + path.string() + " is not a folder");
  if (found.st_uid != ::geteuid()) {
    throw error("runtime folder " + path.string() + " belongs to user " +
                std::to_string(found.st_uid) + ": set RK_RUNTIME_DIR to a folder of your own");
  }
  if ((found.st_mode & 0077) != 0) {
    throw error("runtime folder " + path.string() +
                " is open to other users: chmod 700 it, or set RK_RUNTIME_DIR");
  }
}

/// Opens and locks `path`; empty if another process holds it. A sweeper may unlink the file between
/// our open and our lock; then the lock is on nothing, and we try again.
file_descriptor try_lock(const fs::path& path) {
  for (;;) {
    file_descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) throw system_error("open(" + path.string() + ")", errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno == EWOULDBLOCK) return {};
      throw system_error("flock(" + path.string() + ")", errno);
    }
    struct stat held {};
    struct stat named {};
    const bool same = ::fstat(file.get(), &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
                      held.st_ino == named.st_ino && held.st_dev == named.st_dev;
    if (same) return file;
  }
}

void write_pid(int file) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file, 0) != 0 ||
      ::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw system_error("write(lock)", errno);
  }
}

void remove_socket(const fs::path& path) {
  std::error_code failed;
  if (fs::is_socket(fs::symlink_status(path, failed))) ::unlink(path.c_str());
}

std::uint64_t read_pid(const fs::path& path) {
  const file_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  char text[32] = {};
  const ssize_t got = file ? ::pread(file.get(), text, sizeof text, 0) : -1;
  std::uint64_t pid = 0;
  if (got > 0) std::from_chars(text, text + got, pid);
  return pid;
}

/// As try_lock. One who sweeps the folder holds a dead session's lock for a moment: as long as the
/// pid in it is no living process's, the lock is worth a few more tries.
file_descriptor try_lock_of_session(const fs::path& path) {
  for (int attempt = 0;; ++attempt) {
    file_descriptor lock = try_lock(path);
    if (lock || attempt == 100) return lock;
    const std::uint64_t holder = read_pid(path);
    const bool lives =
        holder != 0 && (::kill(static_cast<pid_t>(holder), 0) == 0 || errno != ESRCH);
    if (lives) return lock;
    ::poll(nullptr, 0, 1);
  }
}

/// True if `socket` belonged to a session that is dead: it is gone then, with its lock.
bool sweep(const fs::path& socket, const fs::path& lock_path) {
  const file_descriptor lock = try_lock(lock_path);
  if (!lock) return false;
  ::unlink(socket.c_str());
  ::unlink(lock_path.c_str());
  return true;
}

}  // namespace

fs::path runtime_directory() {
  fs::path path = choose_directory();
  // "DIR/" is DIR, and not an empty name in it.
  if (!path.has_filename()) path = path.parent_path();
  std::error_code failed;
  if (!fs::exists(path, failed)) {
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), failed);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      throw system_error("mkdir(" + path.string() + ")", errno);
    }
  }
  check_directory(path);
  return path;
}

bool is_valid_name(std::string_view name) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), allowed);
}

name_claim::name_claim(const fs::path& directory, std::string_view name)
    : lock_path_(directory / (std::string(name) + std::string(lock_suffix))),
      socket_(directory / (std::string(name) + std::string(socket_suffix))) {
  if (!is_valid_name(name)) {
    throw invalid_argument(
        "session name '" + std::string(name) +
        "': use 1 to 64 letters, digits, '.', '_', '-', not starting with '.' or '-'");
  }
  lock_ = try_lock_of_session(lock_path_);
  if (!lock_) {
    throw error("a session named '" + std::string(name) + "' runs already (process " +
                std::to_string(read_pid(lock_path_)) +
                "): choose another name or end that process");
  }
  write_pid(lock_.get());
  remove_socket(socket_);
}

name_claim::~name_claim() {
  if (!lock_) return;
  remove_socket(socket_);
  ::unlink(lock_path_.c_str());
}

file_descriptor claim_service(const fs::path& directory, std::string_view name) {
  const fs::path path = directory / ("." + std::string(name) + std::string(lock_suffix));
  file_descriptor lock = try_lock(path);
  if (!lock) {
    throw error(std::string(name) + " runs already for " + directory.string() + " (process " +
                std::to_string(read_pid(path)) + ")");
  }
  write_pid(lock.get());
  return lock;
}

std::vector<session_entry> list_sessions(const fs::path& directory) {
  std::error_code failed;
  std::vector<session_entry> found;
  for (auto i = fs::directory_iterator(directory, failed); !failed && i != fs::directory_iterator();
       i.increment(failed)) {
    const fs::path& path = i->path();
    const std::string name = path.stem().string();
    std::error_code gone;
    const bool is_session = path.extension() == socket_suffix && is_valid_name(name) &&
                            fs::is_socket(i->symlink_status(gone));
    if (!is_session) continue;
    const fs::path lock_path = directory / (name + std::string(lock_suffix));
    try {
      if (!sweep(path, lock_path)) found.push_back({name, read_pid(lock_path), path});
    } catch (const system_error&) {
      // Something that is no lock stands in its place: not ours to judge, and no reason to hide the
      // others.
    }
  }
  if (failed) throw system_error("read " + directory.string(), failed.value());
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return found;
}

}  // namespace rk::protocol
