#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <rk/error.hpp>
#include <rk/exporters/file.hpp>
#include <string>

namespace rk::exporters {
namespace {

/// A file descriptor that is closed on every way out.
class open_file {
 public:
  open_file(const std::string& path, int flags, mode_t mode) : fd_(::open(path.c_str(), flags, mode)) {
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

void write_and_sync(const std::string& path, std::span<const std::byte> bytes) {
  const open_file file(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  write_all(file.get(), bytes, path);
  if (::fsync(file.get()) != 0) throw system_error("fsync(" + path + ")", errno);
}

}  // namespace

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const std::string temporary = path.string() + ".tmp" + std::to_string(::getpid());
  try {
    write_and_sync(temporary, bytes);
    if (::rename(temporary.c_str(), path.c_str()) != 0) throw system_error("rename(" + path.string() + ")", errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const open_file directory(folder.string(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (::fsync(directory.get()) != 0) throw system_error("fsync(" + folder.string() + ")", errno);
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace rk::exporters
