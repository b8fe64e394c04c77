#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <rk/model/selection.hpp>
#include <rk/model/snapshot.hpp>
#include <rk/storage/tensor_file.hpp>

/// Checkpoints and dumps: tensor files with one tensor a symbol, named as the symbol is, and a
/// catalogue that gives each its type. A checkpoint holds what it takes to go on, all of one step;
/// a dump holds whatever was to be seen.
namespace rk::storage {

/// What a checkpoint says of itself.
struct checkpoint_info {
  std::string id;                   ///< of this checkpoint, random
  std::string kernel;               ///< whose safe point it was made at
  std::uint64_t step = 0;           ///< that every actor had completed
  std::string consistency = "cut";  ///< of the symbols together; actor records are always "live"
  std::string cause;  ///< of a dead target's last state: why it died; empty for all others
  std::int64_t created_unix_ns = 0;
  std::int64_t monotonic_ns = 0;  ///< CLOCK_MONOTONIC of the target's machine at that time
  model::catalogue catalogue;     ///< of the target; its symbols are those of the file
  struct kernel_note {
    model::kernel_id id{};
    model::kernel_state state = model::kernel_state::unknown;
    std::string error;
  };
  std::vector<kernel_note> kernels;
};

/// The dtype that stands for a symbol's elements: of numbers their own, of all else bytes.
[[nodiscard]] tensor tensor_of(const model::catalogue& c, const model::symbol& s);

/// Writes a file whose values come piece by piece, in the order of the catalogue's symbols.
class checkpoint_writer {
 public:
  /// Throws as tensor_writer does.
  checkpoint_writer(const std::filesystem::path& path, const checkpoint_info& info);

  void append(std::span<const std::byte> bytes) { file_.append(bytes); }
  void commit() { file_.commit(); }

 private:
  tensor_writer file_;
};

/// A symbol of a checkpoint and the symbol of a target that takes its value.
struct matched_symbol {
  const tensor* from = nullptr;
  model::symbol to;
};

/// Reads a checkpoint, and trusts nothing in it. Throws `rk::incompatible`, `rk::system_error`.
class checkpoint_reader {
 public:
  explicit checkpoint_reader(const std::filesystem::path& path);

  [[nodiscard]] const checkpoint_info& info() const noexcept { return info_; }
  [[nodiscard]] const tensor_reader& file() const noexcept { return file_; }

  /// Compares every byte with the checksums. Throws `rk::incompatible` naming what is damaged.
  void verify() const { file_.verify_all(); }

  /// Pairs its symbols with those of a target by name, type and shape. Throws `rk::incompatible`
  /// with all differences, also for a symbol that the target checkpoints and the file lacks.
  /// Runtime symbols are left out: they are the past's.
  [[nodiscard]] std::vector<matched_symbol> match(const model::catalogue& target) const;

  /// What was to be seen of the target: states, actors, scalars.
  [[nodiscard]] model::snapshot snapshot() const;
  /// A selection's elements, packed.
  [[nodiscard]] model::array_value read(const model::selection& s) const;

 private:
  tensor_reader file_;
  checkpoint_info info_;
};

/// Sixteen hexadecimal digits that no other checkpoint has.
[[nodiscard]] std::string new_checkpoint_id();

}  // namespace rk::storage
