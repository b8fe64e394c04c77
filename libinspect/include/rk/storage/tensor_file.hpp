#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rk/protocol/file_descriptor.hpp>
#include <rk/storage/output.hpp>

/// Files of named arrays in the safetensors format: eight bytes that say how long the JSON header
/// is, the header, the arrays one behind the other. What is ours stands in the header's
/// `__metadata__`: a CRC-32C of each array and of the header itself. Any reader of the format opens
/// them. Source: https://github.com/huggingface/safetensors, "Format".
namespace rk::storage {

/// One array of a file.
struct tensor {
  std::string name;
  std::string dtype;                 ///< "F32", "BF16", "U8", ...
  std::vector<std::uint64_t> shape;  ///< outermost first; empty for a scalar
  std::uint64_t offset = 0;          ///< bytes from the start of the arrays
  std::uint64_t bytes = 0;
};

using metadata = std::map<std::string, std::string>;

/// Bytes of one element, 0 for a dtype that this version does not know.
[[nodiscard]] std::uint64_t dtype_bytes(std::string_view dtype) noexcept;

inline constexpr std::uint64_t max_header_bytes = 64u << 20;
inline constexpr std::uint64_t max_tensors = 1u << 18;
/// The arrays start on a multiple of this.
inline constexpr std::uint64_t data_alignment = 4096;

/// Header of a file, checked against the number of bytes that follow it.
struct tensor_header {
  std::vector<tensor> tensors;  ///< by offset, without gaps
  metadata notes;
};
/// Trusts nothing. Throws `rk::incompatible` naming the tensor that is wrong: not JSON, a name
/// twice, a dtype that does not exist, a shape that does not fit its bytes, arrays that overlap or
/// leave gaps or the file.
[[nodiscard]] tensor_header parse_tensor_header(std::string_view json, std::uint64_t data_bytes);

/// Writes a file whose arrays come piece by piece, in order, to an output that outlives this.
class tensor_writer {
 public:
  /// Offsets are chosen here. Throws `rk::invalid_argument` for a name twice or for a shape that
  /// does not fit its bytes, `rk::system_error`.
  tensor_writer(output& to, std::vector<tensor> tensors, metadata notes);

  /// The next bytes, of whichever tensors they are.
  void append(std::span<const std::byte> bytes);
  /// Commits the output. Throws `rk::invalid_argument` if bytes are missing.
  void commit();

 private:
  [[nodiscard]] std::string header_text();

  std::vector<tensor> tensors_;
  metadata notes_;
  std::vector<std::uint32_t> checksums_;  ///< so far, by tensor
  std::size_t current_ = 0;
  std::uint64_t current_bytes_ = 0;  ///< of the current tensor
  std::size_t header_bytes_ = 0;
  output& to_;
};

/// Reads such a file, of ours or not, and trusts nothing in it. Every call throws
/// `rk::incompatible` for what is damaged, `rk::system_error`.
class tensor_reader {
 public:
  explicit tensor_reader(const std::filesystem::path& path);

  [[nodiscard]] const std::vector<tensor>& tensors() const noexcept { return header_.tensors; }
  [[nodiscard]] const metadata& notes() const noexcept { return header_.notes; }
  /// Null if there is none of that name.
  [[nodiscard]] const tensor* find(std::string_view name) const noexcept;

  void read(const tensor& t, std::uint64_t offset, std::span<std::byte> to) const;
  [[nodiscard]] std::vector<std::byte> read(const tensor& t) const;
  /// Compares a tensor with its checksum, and names it if it is damaged.
  void verify(const tensor& t) const;
  void verify_all() const;

 private:
  [[nodiscard]] std::uint32_t checksum_of(const tensor& t) const;

  std::filesystem::path path_;
  protocol::file_descriptor file_;
  std::uint64_t data_begin_ = 0;
  tensor_header header_;
};

}  // namespace rk::storage
