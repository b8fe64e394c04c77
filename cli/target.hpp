#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <rk/exporters/json.hpp>
#include <rk/model/selection.hpp>
#include <rk/protocol/client.hpp>
#include <rk/protocol/runtime_directory.hpp>

namespace rk::cli {

/// What is shown, drawn or written out as text is no larger than this.
inline constexpr std::uint64_t max_shown_bytes = 1u << 30;

/// A target that was found and answers: its connection and its catalogue.
struct target {
  protocol::client client;
  model::catalogue catalogue;

  /// Reads what `expression` selects, at consistency `live`. Throws `rk::invalid_argument` for more
  /// than `max_bytes`, before the first is read.
  [[nodiscard]] exporters::reading read(const std::string& expression,
                                        std::uint64_t max_bytes = max_shown_bytes);
  /// Everything small; keeps the catalogue up to date.
  [[nodiscard]] model::snapshot snapshot();
};

/// The live session that `text` names: by name, by pid, or the only one if `text` is empty. Throws
/// `rk::not_found` with the names there are, `rk::invalid_argument` if there are several to choose
/// from.
[[nodiscard]] protocol::session_entry find_session(const std::string& text);

/// Connects to it.
[[nodiscard]] target open_target(const std::string& text, std::chrono::milliseconds timeout);

/// Splits `[TARGET] THING...`: the first word is the target if there is more than one and it names
/// one.
struct target_and_rest {
  std::string target;
  std::vector<std::string> rest;
};
[[nodiscard]] target_and_rest split_target(std::vector<std::string> words);

}  // namespace rk::cli
