#include <atomic>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/storage/atomic_file.hpp>

namespace rk::storage {
namespace {

namespace fs = std::filesystem;
using protocol::file_descriptor;

system_error failed(const char* call, const fs::path& path) {
  return {std::string(call) + "(" + path.string() + ")", errno};
}

file_descriptor open_file(const fs::path& path, int flags, mode_t mode = 0) {
  file_descriptor file(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!file) throw failed("open", path);
  return file;
}

/// Where a file without a name can be found as long as it is open.
std::string path_of(const file_descriptor& file) {
  return "/proc/self/fd/" + std::to_string(file.get());
}

/// A file in `folder` without a name; nothing where there is no such thing.
file_descriptor open_nameless(const fs::path& folder) {
  file_descriptor file(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644));
  if (file && ::access(path_of(file).c_str(), F_OK) != 0) file.reset();
  return file;
}

/// A name beside `path` that this process has not used before. Another one may have, whose process
/// id was the same: try again then.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> sequence{0};
  // With what is added no longer than a name can be.
  const std::string name = path.filename().string().substr(0, 200);
  return path.parent_path() / (name + ".tmp" + std::to_string(::getpid()) + "-" +
                               std::to_string(sequence.fetch_add(1, std::memory_order_relaxed)));
}

/// Behind a symbolic link the file is replaced, not the link.
fs::path behind_link(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_symlink(fs::symlink_status(path, ignored))) return path;
  const fs::path real = fs::weakly_canonical(path, ignored);
  return real.empty() ? path : real;
}

}  // namespace

atomic_file::atomic_file(const fs::path& path) : target_(behind_link(path)) {
  std::error_code error;
  const fs::file_status status = fs::status(target_, error);
  if (!fs::status_known(status)) throw system_error("stat(" + path.string() + ")", error.value());
  if (fs::is_directory(status)) throw system_error("open(" + path.string() + ")", EISDIR);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    // A device or a pipe takes the bytes itself: nothing may stand in its place afterwards.
    file_ = open_file(target_, O_WRONLY);
    is_device_ = true;
    return;
  }
  file_ = open_nameless(folder());
  if (file_) return;
  // O_EXCL: in a folder that others may write to, a link planted under this name is not followed.
  fs::path temporary;
  do {
    temporary = temporary_name(target_);
    file_.reset(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  } while (!file_ && errno == EEXIST);
  if (!file_) throw failed("open", temporary);
  temporary_ = temporary;
}

fs::path atomic_file::folder() const {
  return target_.has_parent_path() ? target_.parent_path() : ".";
}

atomic_file::~atomic_file() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void atomic_file::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw failed("write", target_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void atomic_file::rewrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw failed("pwrite", target_);
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void atomic_file::give_name() {
  // A link cannot take the place of another file, but a name can.
  fs::path name;
  int failure = 0;
  do {
    name = temporary_name(target_);
    failure = ::linkat(AT_FDCWD, path_of(file_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW);
  } while (failure != 0 && errno == EEXIST);
  if (failure != 0) throw failed("linkat", name);
  temporary_ = name;
}

void atomic_file::commit() {
  if (is_device_) return;
  if (::fsync(file_.get()) != 0) throw failed("fsync", target_);
  if (temporary_.empty()) give_name();
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw failed("rename", target_);
  temporary_.clear();
  const file_descriptor directory = open_file(folder(), O_RDONLY | O_DIRECTORY);
  if (::fsync(directory.get()) != 0) throw failed("fsync", folder());
}

void write_file(const fs::path& path, std::span<const std::byte> bytes) {
  atomic_file file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const fs::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace rk::storage
