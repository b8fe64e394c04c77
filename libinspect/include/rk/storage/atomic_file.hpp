#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include <rk/protocol/file_descriptor.hpp>

namespace rk::storage {

/// A file that appears whole or not at all: it is written under another name in the same folder,
/// and commit() makes it last, renames it and makes the name last (fsync, rename, fsync of the
/// folder). Whatever happens before that, the path is what it was before.
///
/// A symbolic link stays, the file behind it is replaced. A device or a pipe is written to as it
/// is, without that promise, and only in order. Every call throws `rk::system_error`. For one
/// thread at a time.
class atomic_file {
 public:
  explicit atomic_file(const std::filesystem::path& path);
  ~atomic_file();
  atomic_file(atomic_file&& other) noexcept;
  atomic_file& operator=(atomic_file&&) = delete;

  /// What it will be, behind a symbolic link.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return target_; }

  /// Appends.
  void write(std::span<const std::byte> bytes);
  /// Writes over what was written before.
  void rewrite(std::uint64_t offset, std::span<const std::byte> bytes);
  void commit();

 private:
  std::filesystem::path target_;     ///< behind a link
  std::filesystem::path temporary_;  ///< empty: a device, or committed
  protocol::file_descriptor file_;
};

/// Writes a whole file this way.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace rk::storage
