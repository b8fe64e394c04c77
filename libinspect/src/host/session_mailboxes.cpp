// The part of session_core that makes mailboxes.
#include <algorithm>
#include <bit>
#include <cstring>

#include <rk/error.hpp>
#include <rk/host/mailbox.hpp>
#include <rk/host/topology.hpp>

#include "host/runtime_types.hpp"
#include "host/session_core.hpp"

namespace rk::host {
namespace {

constexpr std::uint32_t max_mailbox_depth = 1u << 20;
void check_mailbox(const std::string& name, std::uint64_t bytes, std::uint32_t depth) {
  const std::string what = "mailbox '" + name + "': ";
  if (bytes == 0 || bytes > abi::max_message_bytes) {
    throw invalid_argument(what + "messages of " + std::to_string(bytes) + " bytes; at most " +
                           std::to_string(abi::max_message_bytes));
  }
  if (depth == 0 || depth > max_mailbox_depth || !std::has_single_bit(depth)) {
    throw invalid_argument(what + "a depth of " + std::to_string(depth) +
                           "; it is a power of two up to " + std::to_string(max_mailbox_depth));
  }
}

/// Channels of all actors, those of one behind those of another.
struct channel_table {
  explicit channel_table(const topology& t) {
    for (std::uint32_t a = 0; a < t.actor_count(); ++a) {
      neighbors.insert(neighbors.end(), t.neighbors(a).begin(), t.neighbors(a).end());
      first.push_back(static_cast<std::uint32_t>(neighbors.size()));
    }
    for (std::uint32_t a = 0; a < t.actor_count(); ++a) {
      for (const std::uint32_t other : t.neighbors(a)) {
        const auto& theirs = t.neighbors(other);
        const auto back = std::find(theirs.begin(), theirs.end(), a) - theirs.begin();
        incoming.push_back(first[other] + static_cast<std::uint32_t>(back));
        abi::mail_channel c{};
        c.from = a;
        c.to = other;
        channels.push_back(c);
      }
    }
  }
  std::vector<std::uint32_t> first{0};
  std::vector<std::uint32_t> neighbors;
  std::vector<std::uint32_t> incoming;
  std::vector<abi::mail_channel> channels;
};

}  // namespace

abi::mailbox_handle session_core::create_mailbox(const std::string& name, std::size_t bytes,
                                                 const topology& t,
                                                 const mailbox_options& options) {
  check_mailbox(name, bytes, options.depth);
  const channel_table table(t);
  if (table.channels.empty()) {
    throw invalid_argument("mailbox '" + name + "': no actor of the topology has a neighbour");
  }
  const std::uint64_t slot_bytes = abi::slot_bytes_of(bytes);
  const std::uint64_t slots = table.channels.size() * abi::slots_per_channel(bytes, options.depth);
  if (slots > model::max_symbol_bytes / slot_bytes) {
    throw invalid_argument("mailbox '" + name + "': " + std::to_string(slots) + " messages of " +
                           std::to_string(slot_bytes) + " bytes are more than memory can hold");
  }
  abi::mailbox_handle box;
  const std::uint64_t channel_bytes = table.channels.size() * sizeof(abi::mail_channel);
  auto* channels = registry_->add_runtime_symbol({.name = name + ".channels",
                                                  .type = mail_channel_type,
                                                  .extents = {table.channels.size()},
                                                  .bytes = channel_bytes,
                                                  .checkpoint = true});
  auto* slot_memory = registry_->add_runtime_symbol({.name = name + ".slots",
                                                     .type = byte_type,
                                                     .extents = {slots, slot_bytes},
                                                     .bytes = slots * slot_bytes,
                                                     .checkpoint = true});
  auto* dead = registry_->add_runtime_symbol({.name = name + ".dead_letters",
                                              .type = dead_letter_box_type,
                                              .extents = {},
                                              .bytes = sizeof(abi::dead_letter_box)});
  box.channels = reinterpret_cast<abi::mail_channel*>(channels);
  box.slots = slot_memory;
  box.dead_letters = reinterpret_cast<abi::dead_letter_box*>(dead);
  box.first = copy_to_device(table.first);
  box.neighbors = copy_to_device(table.neighbors);
  box.incoming = copy_to_device(table.incoming);
  box.actor_count = t.actor_count();
  box.depth = options.depth;
  box.message_bytes = static_cast<std::uint32_t>(bytes);
  box.slot_bytes = static_cast<std::uint32_t>(slot_bytes);
  std::vector<std::byte> image(channel_bytes);
  std::memcpy(image.data(), table.channels.data(), image.size());
  keep_initial_image({.object = channels,
                      .bytes = std::move(image),
                      .is_state = true,
                      .departures = {.stride = sizeof(abi::mail_channel),
                                     .offsets = {offsetof(abi::mail_channel, sender_left),
                                                 offsetof(abi::mail_channel, reader_left)}}});
  keep_initial_image({.object = slot_memory,
                      .bytes = std::vector<std::byte>(slots * slot_bytes),
                      .is_state = true});
  return box;
}

}  // namespace rk::host
