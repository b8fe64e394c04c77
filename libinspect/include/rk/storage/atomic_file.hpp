#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include <rk/protocol/file_descriptor.hpp>
#include <rk/storage/output.hpp>

namespace rk::storage {

/// A file that appears whole or not at all: it is written without a name, or under another one
/// where the file system needs one, and commit() makes it last, gives it its name and makes the
/// name last (fsync, link, rename, fsync of the folder). Whatever happens before that, the path is
/// what it was before; what a process leaves behind that is killed is gone with it, or is called
/// PATH.tmpPID-N.
///
/// A symbolic link stays, the file behind it is replaced. A device or a pipe is written to as it
/// is, without that promise, and only in order. Every call throws `rk::system_error`. For one
/// thread at a time.
class atomic_file final : public output {
 public:
  explicit atomic_file(const std::filesystem::path& path);
  ~atomic_file() override;

  /// What it will be, behind a symbolic link.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return target_; }

  void write(std::span<const std::byte> bytes) override;
  void rewrite(std::uint64_t offset, std::span<const std::byte> bytes) override;
  void commit() override;

 private:
  [[nodiscard]] std::filesystem::path folder() const;
  void give_name();

  std::filesystem::path target_;     ///< behind a link
  std::filesystem::path temporary_;  ///< name beside it, once there is one
  bool is_device_ = false;
  protocol::file_descriptor file_;
};

/// Writes a whole file this way.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace rk::storage
