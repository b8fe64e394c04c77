#pragma once

#include <chrono>
#include <rk/exporters/json.hpp>
#include <rk/model/selection.hpp>
#include <rk/protocol/client.hpp>
#include <rk/protocol/runtime_directory.hpp>
#include <string>
#include <vector>

namespace rk::cli {

/// A target that was found and answers: its connection and its catalogue.
struct target {
  protocol::client client;
  model::catalogue catalogue;

  /// Reads what `expression` selects, at consistency `live`.
  [[nodiscard]] exporters::reading read(const std::string& expression);
  /// Everything small; keeps the catalogue up to date.
  [[nodiscard]] model::snapshot snapshot();
};

/// The live session that `text` names: by name, by pid, or the only one if `text` is empty. Throws
/// `rk::not_found` with the names there are, `rk::invalid_argument` if there are several to choose from.
[[nodiscard]] protocol::session_entry find_session(const std::string& text);

/// Connects to it.
[[nodiscard]] target open_target(const std::string& text, std::chrono::milliseconds timeout);

/// Splits `[TARGET] THING...`: the first word is the target if there is more than one and it names one.
struct target_and_rest {
  std::string target;
  std::vector<std::string> rest;
};
[[nodiscard]] target_and_rest split_target(std::vector<std::string> words);

}  // namespace rk::cli
