#include "render/png.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <rk/error.hpp>

#include "render/picture.hpp"
#include "render/text.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wunused-function"
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

namespace rk::render {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, const std::string& reason) {
  throw error("cannot write picture " + printable(path.string()) + ": " + reason);
}

/// An open file descriptor for writing.
class output_file {
 public:
  output_file(fs::path shown, const fs::path& opened, int flags) : shown_(std::move(shown)) {
    fd_ = ::open(opened.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
    if (fd_ < 0) refuse(shown_, std::strerror(errno));
  }
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  ~output_file() {
    if (fd_ >= 0) ::close(fd_);
  }

  void write(std::span<const char> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) refuse(shown_, std::strerror(errno));
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  /// Some file systems report a full disk only here.
  void close() {
    if (::close(std::exchange(fd_, -1)) != 0) refuse(shown_, std::strerror(errno));
  }

 private:
  fs::path shown_;
  int fd_ = -1;
};

/// A file that is gone at the end of the scope unless it was renamed.
class temporary_file {
 public:
  explicit temporary_file(const fs::path& target) : path_(target) {
    static std::atomic<unsigned> sequence{0};
    const unsigned number = sequence.fetch_add(1, std::memory_order_relaxed);
    path_ += "." + std::to_string(::getpid()) + "." + std::to_string(number) + ".tmp";
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() {
    if (created_) ::unlink(path_.c_str());
  }

  void write(const fs::path& shown, std::span<const char> bytes) {
    output_file file(shown, path_, O_CREAT | O_EXCL);
    created_ = true;
    file.write(bytes);
    file.close();
  }

  void become(const fs::path& shown, const fs::path& target) {
    if (::rename(path_.c_str(), target.c_str()) != 0) refuse(shown, std::strerror(errno));
    created_ = false;
  }

 private:
  fs::path path_;
  bool created_ = false;
};

std::vector<char> encode(const fs::path& path, const canvas& image) {
  std::vector<char> file;
  const auto append = [](void* context, void* data, int size) {
    const char* bytes = static_cast<const char*>(data);
    auto& out = *static_cast<std::vector<char>*>(context);
    out.insert(out.end(), bytes, bytes + size);
  };
  if (stbi_write_png_to_func(append, &file, image.width(), image.height(), 3, image.bytes().data(),
                             3 * image.width()) == 0) {
    refuse(path, "not enough memory to encode it");
  }
  return file;
}

}  // namespace

void write_png(const fs::path& path, const canvas& image) {
  const std::vector<char> file = encode(path, image);
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) refuse(path, "it is a directory; name a file");
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    output_file device(path, path, 0);
    device.write(file);
    return device.close();
  }
  // Behind a symbolic link the file is replaced, not the link.
  const fs::path real = fs::is_symlink(fs::symlink_status(path, ignored))
                            ? fs::weakly_canonical(path, ignored)
                            : path;
  const fs::path& target = real.empty() ? path : real;
  temporary_file temporary(target);
  temporary.write(path, file);
  temporary.become(path, target);
}

void write_heat_map_png(const fs::path& path, std::span<const double> values, std::size_t rows,
                        std::size_t columns, const heat_map_options& options) {
  write_png(path, draw_heat_map(values, rows, columns, options).image);
}

void write_line_plot_png(const fs::path& path, std::span<const double> values,
                         const line_plot_options& options) {
  write_png(path, draw_line_plot(values, options).image);
}

}  // namespace rk::render
