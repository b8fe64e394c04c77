#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <rk/storage/checkpoint_file.hpp>

namespace rk::storage {

/// A dead target's last state, as a file that opens as a target.
struct grave {
  std::string name;  ///< of the session
  std::uint64_t pid = 0;
  std::filesystem::path path;
};

/// Folder of dead targets' last states, NAME.PID.safetensors each. Bounded: the oldest makes room.
/// Thread-safe; several processes may use one folder.
class graveyard {
 public:
  struct limits {
    std::uint64_t count = 16;
    std::uint64_t bytes = std::uint64_t{64} << 30;
  };

  explicit graveyard(std::filesystem::path folder) : graveyard(std::move(folder), limits()) {}
  graveyard(std::filesystem::path folder, limits most)
      : folder_(std::move(folder)), limits_(most) {}

  /// Where targets of a runtime folder are buried unless told otherwise.
  [[nodiscard]] static std::filesystem::path default_folder(const std::filesystem::path& runtime) {
    return runtime / "dead";
  }

  /// By name and process, the latest death last. A folder that is not there is empty.
  [[nodiscard]] std::vector<grave> list() const;
  /// Where the state of such a target goes.
  [[nodiscard]] std::filesystem::path path_for(const checkpoint_info& info) const;
  /// Makes the folder, and removes the oldest files until another one fits. Throws
  /// `rk::system_error`, `rk::error` if it is larger than the limit by itself.
  void make_room(const checkpoint_info& info) const;
  /// Removes what a dead target left. Throws `rk::system_error`.
  void forget(const grave& g) const;

 private:
  std::filesystem::path folder_;
  limits limits_;
};

}  // namespace rk::storage
