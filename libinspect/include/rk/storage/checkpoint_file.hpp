#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <rk/model/selection.hpp>
#include <rk/model/snapshot.hpp>
#include <rk/protocol/message.hpp>
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
  std::uint64_t epoch = 0;          ///< number of the cut in its session, rising; 0 for a dump
  std::string consistency = "cut";  ///< of the symbols together; actor records are always "live"
  std::string cause;        ///< of a dead target's last state: why it died; empty for all others
  std::string parent;       ///< id of the checkpoint that this one builds on; empty if it is whole
  std::string parent_file;  ///< name that its file had
  std::int64_t created_unix_ns = 0;
  std::int64_t monotonic_ns = 0;  ///< CLOCK_MONOTONIC of the target's machine at that time
  model::catalogue catalogue;     ///< of the target; its symbols are those of the file
  struct kernel_note {
    model::kernel_id id{};
    model::kernel_state state = model::kernel_state::unknown;
    std::string error;
  };
  std::vector<kernel_note> kernels;
  std::string actors;  ///< what they were doing, as JSON for whoever opens the file; not read back
};

/// The dtype that stands for a symbol's elements: of numbers their own, of all else bytes.
[[nodiscard]] tensor tensor_of(const model::catalogue& c, const model::symbol& s);

/// Bytes of a symbol that differ from what the checkpoint before holds.
struct symbol_change {
  model::symbol_id symbol{};
  std::vector<model::byte_range> ranges;  ///< rising, without overlaps

  [[nodiscard]] std::uint64_t bytes() const noexcept;
};
/// Parts of a symbol that a file with these changes holds: its ranges, or, if it is not among the
/// changes, all of it.
[[nodiscard]] std::vector<model::byte_range> stored_ranges(
    const model::symbol& s, const std::vector<symbol_change>& changes);
/// By symbol, what a target tells in one list. Throws `rk::incompatible` for a change of something
/// else.
[[nodiscard]] std::vector<symbol_change> by_symbol(const std::vector<model::symbol>& symbols,
                                                   std::span<const protocol::changed_range> told);

/// Writes a file whose values come piece by piece, in the order of the catalogue's symbols: all
/// bytes of a symbol, or, if `changes` has it, those of its ranges.
class checkpoint_writer {
 public:
  /// The output outlives this. Throws as tensor_writer does.
  checkpoint_writer(output& to, const checkpoint_info& info,
                    const std::vector<symbol_change>& changes = {});

  void append(std::span<const std::byte> bytes) { file_.append(bytes); }
  void commit() { file_.commit(); }

 private:
  tensor_writer file_;
};

/// A symbol of a checkpoint and the symbol of a target that takes its value.
struct matched_symbol {
  model::symbol from;
  model::symbol to;
};

/// Reads a checkpoint, together with those that it builds on, and trusts nothing in them. Throws
/// `rk::incompatible`, `rk::system_error`.
class checkpoint_reader {
 public:
  explicit checkpoint_reader(const std::filesystem::path& path);

  [[nodiscard]] const checkpoint_info& info() const noexcept { return info_; }
  /// The file, and those that it builds on.
  [[nodiscard]] std::vector<std::filesystem::path> paths() const;
  /// Bytes of values in the file itself.
  [[nodiscard]] std::uint64_t stored_bytes() const noexcept;

  /// Compares every byte with the checksums. Throws `rk::incompatible` naming what is damaged.
  void verify() const;

  /// Pairs its symbols with those of a target by name, type and shape. Throws `rk::incompatible`
  /// with all differences, also for a symbol that the target checkpoints and the file lacks.
  /// Runtime symbols are left out: they are the past's.
  [[nodiscard]] std::vector<matched_symbol> match(const model::catalogue& target) const;

  /// What was to be seen of the target: states, actors, scalars.
  [[nodiscard]] model::snapshot snapshot() const;
  /// A selection's elements, packed.
  [[nodiscard]] model::array_value read(const model::selection& s) const;
  /// Bytes of one of its symbols, from `offset` on.
  void read(const model::symbol& s, std::uint64_t offset, std::span<std::byte> to) const;
  [[nodiscard]] std::vector<std::byte> read(const model::symbol& s) const;

  /// Which pages of symbols have changed since, `now` telling what they hold from an offset on.
  using byte_source =
      std::function<void(const model::symbol& s, std::uint64_t offset, std::span<std::byte> to)>;
  [[nodiscard]] std::vector<symbol_change> compare(const std::vector<model::symbol>& symbols,
                                                   const byte_source& now) const;

  /// A file that builds on this one is found beside it, and replaces none of those that it needs.
  /// Throws `rk::invalid_argument` for another place.
  void require_place(const std::filesystem::path& of_next) const;

 private:
  struct stored_range {
    model::byte_range range;  ///< of the symbol
    std::uint64_t at = 0;     ///< where it lies in the tensor of changed bytes
  };
  struct changed_symbol {
    const tensor* bytes = nullptr;
    std::vector<stored_range> ranges;
  };

  /// `above`: ids of those that build on it.
  checkpoint_reader(const std::filesystem::path& path, std::vector<std::string> above);
  [[nodiscard]] symbol_change compare(const model::symbol& s, const byte_source& now) const;
  /// Checks how the file holds a symbol; returns in how many tensors.
  [[nodiscard]] std::size_t check(const model::symbol& s);

  std::filesystem::path path_;
  tensor_reader file_;
  checkpoint_info info_;
  std::shared_ptr<const checkpoint_reader> parent_;
  std::map<std::string, changed_symbol> changed_;
};

/// Sixteen hexadecimal digits that no other checkpoint has.
[[nodiscard]] std::string new_checkpoint_id();

}  // namespace rk::storage
