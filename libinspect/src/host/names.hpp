#pragma once

#include <string>

#include <rk/abi/index3.hpp>

/// What a program may call symbols and kernels, and how large a launch can be.
namespace rk::host {

/// Throws `rk::invalid_argument` for a name that tools could not show or take. `what` is the kind
/// of thing that is named.
void check_name(const std::string& what, const std::string& name);

/// Throws `rk::invalid_argument` for a name or an extent that no kernel can have.
void check_launch(const std::string& name, extent3 grid, extent3 block);

/// What the linker knows by an endless name is shown by its beginning.
[[nodiscard]] std::string shortened(const std::string& name);

/// `name`, with a number behind it if that is taken.
template <class Taken>
[[nodiscard]] std::string numbered(const std::string& name, Taken taken) {
  std::string unique = name;
  for (int copy = 2; taken(unique); ++copy) unique = name + "#" + std::to_string(copy);
  return unique;
}

}  // namespace rk::host
