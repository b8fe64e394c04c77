#pragma once

#include <filesystem>

#include <rk/storage/atomic_file.hpp>
#include <rk/storage/checkpoint_file.hpp>

#include "target.hpp"

namespace rk::cli {

/// What is written to a file.
struct saving {
  std::vector<model::symbol> symbols;
  std::optional<protocol::operation_reply> cut;      ///< to read from; empty: as they are now
  const storage::checkpoint_reader* base = nullptr;  ///< of which only changes are written
  std::string base_file = {};                        ///< its name
};
/// What became of it.
struct saved {
  storage::checkpoint_info info;  ///< what the file says of itself
  std::uint64_t bytes = 0;        ///< of values
  std::uint64_t state_bytes = 0;  ///< of them, without actor records
};

/// Writes symbols of a live target to a file, piece by piece, with a progress bar.
/// Actor records are added.
[[nodiscard]] saved save(target& t, storage::atomic_file& file, const saving& what);

}  // namespace rk::cli
