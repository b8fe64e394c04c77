// The part of session_core that makes post offices.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <numeric>

#include <rk/error.hpp>
#include <rk/host/post_office.hpp>

#include "host/runtime_types.hpp"
#include "host/session_core.hpp"

namespace rk::host {
namespace {

constexpr std::uint32_t max_inbox_depth = 1u << 20;

void check_post_office(const std::string& name, const std::vector<std::uint32_t>& blocks,
                       const post_office_options& o) {
  const std::string what = "post office '" + name + "': ";
  if (o.letter_bytes == 0 || o.letter_bytes > abi::max_letter_bytes) {
    throw invalid_argument(what + "letters of " + std::to_string(o.letter_bytes) +
                           " bytes; at most " + std::to_string(abi::max_letter_bytes));
  }
  if (o.depth == 0 || o.depth > max_inbox_depth || !std::has_single_bit(o.depth)) {
    throw invalid_argument(what + "a depth of " + std::to_string(o.depth) +
                           "; it is a power of two up to " + std::to_string(max_inbox_depth));
  }
  if (blocks.empty()) throw invalid_argument(what + "it serves no kernel");
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    if (blocks[k] == 0)
      throw invalid_argument(what + "kernel " + std::to_string(k) + " has no actors");
  }
}

}  // namespace

post_office session_core::create_post_office(const std::string& name,
                                             const std::vector<std::uint32_t>& blocks,
                                             const post_office_options& options) {
  check_post_office(name, blocks, options);
  const std::uint64_t actors = std::accumulate(blocks.begin(), blocks.end(), std::uint64_t{0});
  const std::uint64_t slots = actors * options.depth;
  const std::uint32_t slot_bytes = abi::letter_slot_bytes(options.letter_bytes);
  if (actors > UINT32_MAX || slots > model::max_symbol_bytes / slot_bytes) {
    throw invalid_argument("post office '" + name + "': " + std::to_string(slots) + " letters of " +
                           std::to_string(slot_bytes) + " bytes are more than memory can hold");
  }
  std::vector<abi::route> routes;
  std::uint32_t first = 0;
  for (const std::uint32_t b : blocks) {
    routes.push_back({first, b});
    first += b;
  }
  auto* inboxes = registry_->add_runtime_symbol({.name = name + ".inboxes",
                                                 .type = inbox_type,
                                                 .extents = {actors},
                                                 .bytes = actors * sizeof(abi::inbox),
                                                 .checkpoint = true});
  auto* letters = registry_->add_runtime_symbol({.name = name + ".letters",
                                                 .type = byte_type,
                                                 .extents = {slots, slot_bytes},
                                                 .bytes = slots * slot_bytes,
                                                 .checkpoint = true});
  auto* dead = registry_->add_runtime_symbol({.name = name + ".dead_letters",
                                              .type = dead_letter_box_type,
                                              .extents = {},
                                              .bytes = sizeof(abi::dead_letter_box)});
  keep_initial_image({.object = inboxes,
                      .bytes = std::vector<std::byte>(actors * sizeof(abi::inbox)),
                      .is_state = true,
                      .departures = {.stride = sizeof(abi::inbox),
                                     .offsets = {offsetof(abi::inbox, reader_left)}}});
  keep_initial_image(
      {.object = letters, .bytes = std::vector<std::byte>(slots * slot_bytes), .is_state = true});
  post_office office;
  office.inboxes = reinterpret_cast<abi::inbox*>(inboxes);
  office.slots = letters;
  office.dead_letters = reinterpret_cast<abi::dead_letter_box*>(dead);
  office.routes = copy_to_device(routes);
  office.kernel_count = static_cast<std::uint32_t>(routes.size());
  // The CPU back-end has no number; there is one of it.
  office.device = static_cast<std::uint32_t>(std::max(device_->index(), 0));
  office.depth = options.depth;
  office.letter_bytes = options.letter_bytes;
  office.slot_bytes = slot_bytes;
  return office;
}

}  // namespace rk::host
