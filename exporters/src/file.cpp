#include <atomic>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/exporters/file.hpp>

namespace rk::exporters {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that is closed on every way out.
class open_file {
 public:
  open_file(const std::string& path, int flags, mode_t mode)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {
    if (fd_ < 0) throw system_error("open(" + path + ")", errno);
  }
  ~open_file() { ::close(fd_); }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

void write_all(int fd, std::span<const std::byte> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_error("write(" + path + ")", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void sync(int fd, const std::string& path) {
  if (::fsync(fd) != 0) throw system_error("fsync(" + path + ")", errno);
}

/// A name beside `path` that this process has not used before.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> sequence{0};
  return path + ".tmp" + std::to_string(::getpid()) + "-" +
         std::to_string(sequence.fetch_add(1, std::memory_order_relaxed));
}

/// O_EXCL: in a folder that others may write to, a link planted under this name is not followed.
void replace(const fs::path& target, std::span<const std::byte> bytes) {
  const std::string temporary = temporary_name(target.string());
  {
    const open_file file(temporary, O_WRONLY | O_CREAT | O_EXCL, 0644);
    try {
      write_all(file.get(), bytes, target.string());
      sync(file.get(), target.string());
      if (::rename(temporary.c_str(), target.c_str()) != 0) {
        throw system_error("rename(" + target.string() + ")", errno);
      }
    } catch (...) {
      ::unlink(temporary.c_str());
      throw;
    }
  }
  const fs::path folder = target.has_parent_path() ? target.parent_path() : ".";
  const open_file directory(folder.string(), O_RDONLY | O_DIRECTORY, 0);
  sync(directory.get(), folder.string());
}

}  // namespace

void write_file(const fs::path& path, std::span<const std::byte> bytes) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) throw system_error("open(" + path.string() + ")", EISDIR);
  // A device or a pipe takes the bytes itself: nothing may stand in its place afterwards.
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    const open_file device(path.string(), O_WRONLY, 0);
    return write_all(device.get(), bytes, path.string());
  }
  // Behind a symbolic link the file is replaced, not the link.
  const bool is_link = fs::is_symlink(fs::symlink_status(path, ignored));
  const fs::path real = is_link ? fs::weakly_canonical(path, ignored) : path;
  replace(real.empty() ? path : real, bytes);
}

void write_file(const fs::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace rk::exporters
