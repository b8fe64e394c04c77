#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <libelf.h>
#include <link.h>

namespace rk::symbols {

/// The main program or a shared library, as the dynamic loader has it in memory.
struct loaded_object {
  std::string name;        ///< base name, for people
  std::string path;        ///< to open
  std::uint64_t bias = 0;  ///< run-time address minus the address in the file
  bool main_program = false;
  std::vector<ElfW(Phdr)> headers;  ///< copies of the program headers

  /// True if `address` lies in a loaded segment.
  [[nodiscard]] bool contains(const void* address) const noexcept;
  [[nodiscard]] std::uint64_t link_address(const void* address) const noexcept;
  [[nodiscard]] const void* run_address(std::uint64_t link_address) const noexcept;
};

/// All objects in the loader's order, the main program first. Opens no file.
[[nodiscard]] std::vector<loaded_object> loaded_objects();

/// A variable of an object, as its symbol table has it.
struct elf_variable {
  static constexpr std::size_t no_section = static_cast<std::size_t>(-1);

  std::string mangled_name;
  std::uint64_t link_address = 0;
  std::uint64_t bytes = 0;
  std::size_t section = no_section;  ///< place in the list of names that was asked for
  bool preemptible = false;          ///< another object's symbol of this name would stand for it
};

/// The file of a loaded object, open for reading. Move-only; one thread at a time.
class elf_file {
 public:
  /// Nothing if the file cannot be read, is no ELF file, or is not what was loaded (a library that
  /// was built anew under a running process; the vdso, which has no file).
  [[nodiscard]] static std::optional<elf_file> open(const loaded_object& object);

  /// True if a section has one of these names. Reads section headers only.
  [[nodiscard]] bool has_section(std::span<const std::string_view> names) const;

  /// Variables that stand in one of `sections`, or whose address is one of `link_addresses`; in
  /// order of address, one each. From .symtab, and from .dynsym where the file is stripped.
  [[nodiscard]] std::vector<elf_variable> variables(
      std::span<const std::string_view> sections,
      std::span<const std::uint64_t> link_addresses) const;

  /// A section's place once it is loaded.
  struct extent {
    std::uint64_t link_address = 0;
    std::uint64_t bytes = 0;
  };
  /// Nothing if there is no section of this name.
  [[nodiscard]] std::optional<extent> section(std::string_view name) const;

  [[nodiscard]] Elf* handle() const noexcept { return elf_.get(); }

 private:
  class descriptor {
   public:
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    descriptor& operator=(descriptor&& other) noexcept;
    ~descriptor();
    [[nodiscard]] int get() const noexcept { return fd_; }

   private:
    int fd_;
  };
  struct end_elf {
    void operator()(Elf* elf) const noexcept { elf_end(elf); }
  };

  elf_file(descriptor fd, Elf* elf) noexcept : fd_(std::move(fd)), elf_(elf) {}
  [[nodiscard]] Elf_Scn* symbol_table() const;

  descriptor fd_;  // outlives elf_, which reads from it when asked
  std::unique_ptr<Elf, end_elf> elf_;
};

}  // namespace rk::symbols
