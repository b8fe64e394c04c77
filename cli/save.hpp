#pragma once

#include <filesystem>

#include <rk/storage/checkpoint_file.hpp>

#include "target.hpp"

namespace rk::cli {

/// Writes symbols of a live target to a file, piece by piece, with a progress bar: from a cut, or
/// as they are now if there is none. Actor records are added. Returns what the file says of itself.
[[nodiscard]] storage::checkpoint_info save(target& t, const std::filesystem::path& path,
                                            const std::vector<model::symbol>& symbols,
                                            const std::optional<protocol::operation_reply>& cut);

}  // namespace rk::cli
