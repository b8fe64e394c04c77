#include "host/names.hpp"

#include <algorithm>
#include <optional>

#include <rk/error.hpp>
#include <rk/model/catalogue.hpp>

#include "model/checked.hpp"
#include "model/text.hpp"

namespace rk::host {
namespace {

/// Longest name that a program may give a symbol or a kernel.
constexpr std::size_t max_name_bytes = 256;
static_assert(max_name_bytes + 32 <= model::max_name_bytes);

/// Threads or blocks in `e`; empty if they are none or more than any launch has.
std::optional<std::uint64_t> count_of(extent3 e) {
  const auto count = model::detail::array_bytes({e.x, e.y, e.z}, 1);
  return count == 0u ? std::nullopt : count;
}

std::string text(extent3 e) {
  return std::to_string(e.x) + "x" + std::to_string(e.y) + "x" + std::to_string(e.z);
}

}  // namespace

void check_name(const std::string& what, const std::string& name) {
  // Names stand in paths and on command lines, and every tool refuses a catalogue with one that
  // steers a terminal.
  const bool printable =
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
  const bool syntax = name.find_first_of("[]") != std::string::npos;
  if (name.empty() || name.size() > max_name_bytes || !printable || syntax) {
    throw invalid_argument(what + " name " + model::detail::quoted(name) + ": use 1 to " +
                           std::to_string(max_name_bytes) +
                           " printable characters without spaces and brackets");
  }
}

void check_launch(const std::string& name, extent3 grid, extent3 block) {
  check_name("kernel", name);
  const auto blocks = count_of(grid);
  if (!blocks || *blocks > model::max_actors) {
    throw invalid_argument("kernel '" + name + "': a grid has 1 to " +
                           std::to_string(model::max_actors) + " blocks, not " + text(grid));
  }
  if (!count_of(block)) {
    throw invalid_argument("kernel '" + name + "': there is no block of " + text(block) +
                           " threads");
  }
}

std::string shortened(const std::string& name) {
  return name.substr(0, model::max_name_bytes - 16);
}

}  // namespace rk::host
