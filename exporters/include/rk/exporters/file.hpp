#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace rk::exporters {

/// Writes a file whole or not at all: to a temporary file in the same folder, fsync, rename, fsync
/// of the folder. Throws `rk::system_error`; `path` is then what it was before. A symbolic link
/// stays, the file behind it is replaced. A device or pipe is written to as it is, without that
/// promise.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace rk::exporters
