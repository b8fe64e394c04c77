#include "host/memory_file.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rk/error.hpp>

namespace rk::host {

memory_file::memory_file(const char* label, std::uint64_t bytes)
    : file_(memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING)), bytes_(bytes) {
  if (!file_) throw system_error("memfd_create", errno);
  if (ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) {
    throw system_error("ftruncate(memfd)", errno);
  }
  // A reader that has mapped it must never meet SIGBUS.
  if (fcntl(file_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    throw system_error("fcntl(F_ADD_SEALS)", errno);
  }
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (mapped == MAP_FAILED) throw system_error("mmap(memfd)", errno);
  data_ = static_cast<std::byte*>(mapped);
}

memory_file::~memory_file() {
  munmap(data_, bytes_);
}

file_descriptor memory_file::duplicate() const {
  file_descriptor copy(fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) throw system_error("fcntl(F_DUPFD_CLOEXEC)", errno);
  return copy;
}

file_descriptor memory_file::read_only_duplicate() const {
  const std::string path = "/proc/self/fd/" + std::to_string(file_.get());
  file_descriptor copy(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!copy) throw system_error("open(" + path + ")", errno);
  return copy;
}

}  // namespace rk::host
