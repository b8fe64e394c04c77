#pragma once

#include <string>

namespace rk::host {

/// What the linker put into this process's program to tell its builds apart (GNU build id), in
/// hexadecimal digits; empty if there is none.
[[nodiscard]] std::string program_build_id();

}  // namespace rk::host
