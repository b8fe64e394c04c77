#include "symbols/elf_objects.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include "symbols/cxx_names.hpp"

namespace rk::symbols {
namespace {

constexpr const char* program_link = "/proc/self/exe";

std::string program_name() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink(program_link, path.data(), path.size());
  if (length <= 0) return "program";
  std::string_view text(path.data(), static_cast<std::size_t>(length));
  constexpr std::string_view deleted = " (deleted)";
  if (text.ends_with(deleted)) text.remove_suffix(deleted.size());
  return base_name(text);
}

/// Called under the loader's lock: copies, and leaves the reading of files for later.
int collect(dl_phdr_info* info, std::size_t, void* result) {
  auto& objects = *static_cast<std::vector<loaded_object>*>(result);
  loaded_object object;
  object.main_program = objects.empty();
  object.path = object.main_program ? program_link : info->dlpi_name;
  object.bias = info->dlpi_addr;
  object.headers.assign(info->dlpi_phdr, info->dlpi_phdr + info->dlpi_phnum);
  objects.push_back(std::move(object));
  return 0;
}

/// The loader leaves the program headers in memory as the file has them, so equal ones mean that
/// the file on disk still is the one that was loaded.
bool is_what_was_loaded(Elf* elf, const loaded_object& object) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0 || count != object.headers.size()) return false;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header{};
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) return false;
    const auto& loaded = object.headers[i];
    if (header.p_type != loaded.p_type || header.p_vaddr != loaded.p_vaddr ||
        header.p_offset != loaded.p_offset || header.p_filesz != loaded.p_filesz ||
        header.p_memsz != loaded.p_memsz) {
      return false;
    }
  }
  return true;
}

/// Calls `visit(index, header, section)` for each section.
template <class Visit>
void for_each_section(Elf* elf, Visit visit) {
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header{};
    if (gelf_getshdr(section, &header) != nullptr) visit(elf_ndxscn(section), header, section);
  }
}

/// For each section of the file its place in `names`, or `no_section`.
std::vector<std::size_t> places_of(Elf* elf, std::span<const std::string_view> names) {
  std::vector<std::size_t> places;
  std::size_t strings = 0;
  if (elf_getshdrstrndx(elf, &strings) != 0) return places;
  for_each_section(elf, [&](std::size_t index, const GElf_Shdr& header, Elf_Scn*) {
    const char* const name = elf_strptr(elf, strings, header.sh_name);
    const auto found = name == nullptr ? names.end() : std::ranges::find(names, name);
    places.resize(std::max(places.size(), index + 1), elf_variable::no_section);
    if (found != names.end()) places[index] = static_cast<std::size_t>(found - names.begin());
  });
  return places;
}

bool is_preemptible(const GElf_Sym& symbol) noexcept {
  return GELF_ST_BIND(symbol.st_info) != STB_LOCAL &&
         GELF_ST_VISIBILITY(symbol.st_other) == STV_DEFAULT;
}

/// One symbol an address: of aliases the one that others can see, then the first by name.
void keep_one_each(std::vector<elf_variable>& variables) {
  std::ranges::sort(variables, [](const elf_variable& a, const elf_variable& b) {
    if (a.link_address != b.link_address) return a.link_address < b.link_address;
    if (a.preemptible != b.preemptible) return a.preemptible;
    return a.mangled_name < b.mangled_name;
  });
  const auto tail =
      std::unique(variables.begin(), variables.end(),
                  [](const auto& a, const auto& b) { return a.link_address == b.link_address; });
  variables.erase(tail, variables.end());
}

}  // namespace

bool loaded_object::contains(const void* address) const noexcept {
  const std::uint64_t link = link_address(address);
  return std::ranges::any_of(headers, [link](const auto& header) {
    return header.p_type == PT_LOAD && link - header.p_vaddr < header.p_memsz;
  });
}

std::uint64_t loaded_object::link_address(const void* address) const noexcept {
  return reinterpret_cast<std::uintptr_t>(address) - bias;
}

const void* loaded_object::run_address(std::uint64_t link_address) const noexcept {
  return reinterpret_cast<const void*>(static_cast<std::uintptr_t>(link_address + bias));
}

std::vector<loaded_object> loaded_objects() {
  std::vector<loaded_object> objects;
  dl_iterate_phdr(collect, &objects);
  for (loaded_object& object : objects) {
    object.name = object.main_program ? program_name() : base_name(object.path);
  }
  return objects;
}

elf_file::descriptor& elf_file::descriptor::operator=(descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

elf_file::descriptor::~descriptor() {
  if (fd_ >= 0) close(fd_);
}

std::optional<elf_file> elf_file::open(const loaded_object& object) {
  if (elf_version(EV_CURRENT) == EV_NONE) return std::nullopt;
  descriptor fd(::open(object.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return std::nullopt;
  // Reads on demand; a mapping would fault if the file were cut short behind our back.
  Elf* const elf = elf_begin(fd.get(), ELF_C_READ, nullptr);
  if (elf == nullptr) return std::nullopt;
  elf_file file(std::move(fd), elf);
  if (elf_kind(elf) != ELF_K_ELF || !is_what_was_loaded(elf, object)) return std::nullopt;
  return file;
}

bool elf_file::has_section(std::span<const std::string_view> names) const {
  return std::ranges::any_of(places_of(handle(), names),
                             [](std::size_t place) { return place != elf_variable::no_section; });
}

std::optional<elf_file::extent> elf_file::section(std::string_view name) const {
  std::optional<extent> found;
  std::size_t strings = 0;
  if (elf_getshdrstrndx(handle(), &strings) != 0) return found;
  for_each_section(handle(), [&](std::size_t, const GElf_Shdr& header, Elf_Scn*) {
    const char* const text = elf_strptr(handle(), strings, header.sh_name);
    if (text != nullptr && name == text) found = {header.sh_addr, header.sh_size};
  });
  return found;
}

Elf_Scn* elf_file::symbol_table() const {
  Elf_Scn* whole = nullptr;
  Elf_Scn* dynamic = nullptr;
  for_each_section(handle(), [&](std::size_t, const GElf_Shdr& header, Elf_Scn* section) {
    if (header.sh_type == SHT_SYMTAB) whole = section;
    if (header.sh_type == SHT_DYNSYM) dynamic = section;
  });
  return whole != nullptr ? whole : dynamic;
}

std::vector<elf_variable> elf_file::variables(std::span<const std::string_view> sections,
                                              std::span<const std::uint64_t> link_addresses) const {
  std::vector<elf_variable> result;
  Elf_Scn* const table = symbol_table();
  GElf_Shdr header{};
  if (table == nullptr || gelf_getshdr(table, &header) == nullptr || header.sh_entsize == 0) {
    return result;
  }
  Elf_Data* const data = elf_getdata(table, nullptr);
  if (data == nullptr) return result;
  const std::vector<std::size_t> places = places_of(handle(), sections);
  const std::uint64_t count = header.sh_size / header.sh_entsize;
  for (std::uint64_t i = 0; i < count; ++i) {
    GElf_Sym symbol{};
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
    if (GELF_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_size == 0 ||
        symbol.st_shndx == SHN_UNDEF) {
      continue;
    }
    const std::size_t place =
        symbol.st_shndx < places.size() ? places[symbol.st_shndx] : elf_variable::no_section;
    if (place == elf_variable::no_section &&
        std::ranges::find(link_addresses, symbol.st_value) == link_addresses.end()) {
      continue;
    }
    const char* const name = elf_strptr(handle(), header.sh_link, symbol.st_name);
    if (name == nullptr) continue;
    result.push_back({name, symbol.st_value, symbol.st_size, place, is_preemptible(symbol)});
  }
  keep_one_each(result);
  return result;
}

}  // namespace rk::symbols
