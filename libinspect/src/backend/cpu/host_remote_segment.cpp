#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <rk/error.hpp>

#include "backend/cpu/word_copy.hpp"
#include "backend/remote_segment.hpp"

namespace rk::backend {
namespace {

class host_remote_segment final : public remote_segment {
 public:
  host_remote_segment(int descriptor, std::uint64_t bytes)
      : bytes_(bytes), at_(::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0)) {
    if (at_ == MAP_FAILED) throw system_error("mmap of a target's segment", errno);
  }
  ~host_remote_segment() override { ::munmap(at_, bytes_); }

  [[nodiscard]] std::uint64_t bytes() const noexcept override { return bytes_; }
  void read(std::uint64_t offset, std::span<std::byte> to) override {
    cpu::copy_words(to.data(), static_cast<const std::byte*>(at_) + offset, to.size());
  }

 private:
  std::uint64_t bytes_;
  void* at_;
};

}  // namespace

std::unique_ptr<remote_segment> map_host_segment(int descriptor, std::uint64_t bytes) {
  struct stat about {};
  if (::fstat(descriptor, &about) != 0) throw system_error("stat of a target's segment", errno);
  // To read behind the end of a mapped file kills the reader.
  if (static_cast<std::uint64_t>(about.st_size) < bytes) {
    throw incompatible("a segment has " + std::to_string(about.st_size) + " bytes, not " +
                       std::to_string(bytes));
  }
  const int seals = ::fcntl(descriptor, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
    throw incompatible("a segment could be cut short while it is read: it is not sealed");
  }
  return std::make_unique<host_remote_segment>(descriptor, bytes);
}

}  // namespace rk::backend
