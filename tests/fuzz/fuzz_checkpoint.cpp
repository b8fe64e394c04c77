// A checkpoint that is taken can be read to its last symbol, alone and with what it builds on.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include <rk/error.hpp>
#include <rk/storage/checkpoint_file.hpp>
#include <rk/storage/crc32c.hpp>

#include "storage/tensor_header.hpp"

namespace {

namespace storage = rk::storage;

/// A folder of this process's own.
std::filesystem::path folder() {
  static const std::filesystem::path made = [] {
    auto name = (std::filesystem::temp_directory_path() / "rk-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    return std::filesystem::path(name);
  }();
  return made;
}

/// Gives the header the checksum that it should have, so that more than the checksum is tested.
void correct_checksum(std::string& header) {
  const std::string key = std::string("\"") + storage::detail::header_checksum_note + "\":\"";
  const std::size_t at = header.find(key);
  const std::string blank(storage::detail::blank_checksum);
  if (at == std::string::npos || header.size() - at - key.size() < blank.size()) return;
  header.replace(at + key.size(), blank.size(), blank);
  header.replace(at + key.size(), blank.size(),
                 storage::detail::to_hex(storage::crc32c(std::as_bytes(std::span(header)))));
}

void write(const std::filesystem::path& path, const std::string& header, std::size_t data_bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  const std::uint64_t length = header.size();
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file << header << std::string(data_bytes, '\0');
}

void read_all(const storage::checkpoint_reader& reader) {
  static_cast<void>(reader.snapshot());
  static_cast<void>(reader.match(reader.info().catalogue));
  for (const auto& s : reader.info().catalogue.symbols) {
    const auto bytes = reader.read(s);
    if (bytes.size() != s.bytes) std::abort();
  }
  reader.verify();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first two bytes say how much data the file has behind its header.
  if (size < 2) return 0;
  std::string header(reinterpret_cast<const char*>(data + 2), size - 2);
  correct_checksum(header);
  write(folder() / "c.safetensors", header, std::size_t{data[0]} + 256 * std::size_t{data[1]});
  try {
    read_all(storage::checkpoint_reader(folder() / "c.safetensors"));
  } catch (const rk::error&) {
    // What is damaged is refused.
  }
  return 0;
}
