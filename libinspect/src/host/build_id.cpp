#include "host/build_id.hpp"

#include <memory>
#include <span>

#include <elfutils/libdwelf.h>
#include <fcntl.h>

#include <rk/protocol/file_descriptor.hpp>

namespace rk::host {

std::string program_build_id() {
  const protocol::file_descriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || elf_version(EV_CURRENT) == EV_NONE) return {};
  const std::unique_ptr<Elf, decltype(&elf_end)> elf(
      elf_begin(file.get(), ELF_C_READ_MMAP, nullptr), &elf_end);
  const void* bits = nullptr;
  const auto bytes = elf ? dwelf_elf_gnu_build_id(elf.get(), &bits) : 0;
  std::string text;
  constexpr std::string_view digits = "0123456789abcdef";
  for (ssize_t i = 0; i < bytes; ++i) {
    const auto byte = static_cast<const unsigned char*>(bits)[i];
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace rk::host
