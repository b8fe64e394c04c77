#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <rk/exporters/json.hpp>
#include <rk/model/selection.hpp>
#include <rk/protocol/client.hpp>
#include <rk/protocol/runtime_directory.hpp>
#include <rk/storage/checkpoint_file.hpp>
#include <rk/storage/graveyard.hpp>

namespace rk::cli {

/// What is shown, drawn or written out as text is no larger than this.
inline constexpr std::uint64_t max_shown_bytes = 1u << 30;

/// What a read promises: nothing beyond whole 8-byte words; that one symbol is not torn; that it
/// belongs to one step of all actors.
enum class consistency : std::uint8_t { live, versioned, cut };
inline const std::map<std::string, consistency> consistency_names{
    {"live", consistency::live}, {"versioned", consistency::versioned}, {"cut", consistency::cut}};

/// A target that was found and answers, or the checkpoint or dump file of one that once did.
class target {
 public:
  explicit target(protocol::client live);
  explicit target(storage::checkpoint_reader file);

  model::catalogue catalogue;

  /// Connection to it. Throws `rk::invalid_argument` for a file: nothing runs in it.
  [[nodiscard]] protocol::client& client();

  /// Reads what `expression` selects. Throws `rk::invalid_argument` for more than `max_bytes`,
  /// before the first is read.
  [[nodiscard]] exporters::reading read(const std::string& expression,
                                        std::uint64_t max_bytes = max_shown_bytes,
                                        consistency wanted = consistency::live);
  /// The elements alone, at consistency `live`.
  [[nodiscard]] model::array_value read(const model::selection& what);
  /// Bytes of a symbol from `offset` on, at consistency `live`.
  [[nodiscard]] std::vector<std::byte> read_bytes(const model::symbol& s, std::uint64_t offset,
                                                  std::uint64_t bytes);
  /// Everything small; keeps the catalogue up to date.
  [[nodiscard]] model::snapshot snapshot();

 private:
  std::optional<protocol::client> client_;
  std::optional<storage::checkpoint_reader> file_;
};

/// The live session that `text` names: by name, by pid, or the only one if `text` is empty. Throws
/// `rk::not_found` with the names there are, `rk::invalid_argument` if there are several to choose
/// from.
[[nodiscard]] protocol::session_entry find_session(const std::string& text);

/// Connects to it. A text that names no session may name a dead target, whose last state the agent
/// kept (by name, the latest; by pid), or the path of a file.
[[nodiscard]] target open_target(const std::string& text, std::chrono::milliseconds timeout);

/// Dead targets of the runtime folder, the latest death last.
[[nodiscard]] std::vector<storage::grave> list_dead();

/// Splits `[TARGET] THING...`: the first word is the target if there is more than one and it names
/// one.
struct target_and_rest {
  std::string target;
  std::vector<std::string> rest;
};
[[nodiscard]] target_and_rest split_target(std::vector<std::string> words);

}  // namespace rk::cli
