// The part of session_core that makes mailboxes and post offices: bounded rings in device memory.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <numeric>

#include <rk/error.hpp>
#include <rk/host/mailbox.hpp>
#include <rk/host/post_office.hpp>
#include <rk/host/topology.hpp>

#include "host/runtime_types.hpp"
#include "host/session_core.hpp"

namespace rk::host {
namespace {

constexpr std::uint32_t max_depth = 1u << 20;

/// `what` is what an exception begins with.
void check_ring(const std::string& what, std::uint64_t bytes, std::uint64_t most_bytes,
                std::uint32_t depth) {
  if (bytes == 0 || bytes > most_bytes) {
    throw invalid_argument(what + "messages of " + std::to_string(bytes) + " bytes; at most " +
                           std::to_string(most_bytes));
  }
  if (depth == 0 || depth > max_depth || !std::has_single_bit(depth)) {
    throw invalid_argument(what + "a depth of " + std::to_string(depth) +
                           "; it is a power of two up to " + std::to_string(max_depth));
  }
}

void check_memory(const std::string& what, std::uint64_t slots, std::uint64_t slot_bytes) {
  if (slots > model::max_symbol_bytes / slot_bytes) {
    throw invalid_argument(what + std::to_string(slots) + " messages of " +
                           std::to_string(slot_bytes) + " bytes are more than memory can hold");
  }
}

void check_served(const std::string& what, const std::vector<std::uint32_t>& blocks) {
  if (blocks.empty()) throw invalid_argument(what + "it serves no kernel");
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    if (blocks[k] == 0) {
      throw invalid_argument(what + "kernel " + std::to_string(k) + " has no actors");
    }
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

template <class T>
std::vector<std::byte> image_of(const std::vector<T>& values) {
  std::vector<std::byte> image(values.size() * sizeof(T));
  std::memcpy(image.data(), values.data(), image.size());
  return image;
}

}  // namespace

session_core::mail_memory session_core::take_mail_memory(const mail_request& r) {
  const std::uint64_t ends = r.ends.size() / r.departures.stride;
  const std::uint64_t slot_memory = r.slots * r.slot_bytes;
  mail_memory m;
  m.ends = registry_->add_runtime_symbol({.name = r.ends_name,
                                          .type = r.end_type,
                                          .extents = {ends},
                                          .bytes = r.ends.size(),
                                          .checkpoint = true});
  m.slots = registry_->add_runtime_symbol({.name = r.slots_name,
                                           .type = byte_type,
                                           .extents = {r.slots, r.slot_bytes},
                                           .bytes = slot_memory,
                                           .checkpoint = true});
  m.dead_letters = reinterpret_cast<abi::dead_letter_box*>(
      registry_->add_runtime_symbol({.name = r.dead_letters_name,
                                     .type = dead_letter_box_type,
                                     .extents = {},
                                     .bytes = sizeof(abi::dead_letter_box)}));
  keep_initial_image(
      {.object = m.ends, .bytes = r.ends, .is_state = true, .departures = r.departures});
  keep_initial_image(
      {.object = m.slots, .bytes = std::vector<std::byte>(slot_memory), .is_state = true});
  return m;
}

abi::mailbox_handle session_core::create_mailbox(const std::string& name, std::size_t bytes,
                                                 const topology& t,
                                                 const mailbox_options& options) {
  using abi::mail_channel;
  const std::string what = "mailbox '" + name + "': ";
  check_ring(what, bytes, abi::max_message_bytes, options.depth);
  const channel_table table(t);
  if (table.channels.empty()) {
    throw invalid_argument(what + "no actor of the topology has a neighbour");
  }
  abi::mailbox_handle box;
  box.actor_count = t.actor_count();
  box.depth = options.depth;
  box.message_bytes = static_cast<std::uint32_t>(bytes);
  box.slot_bytes = static_cast<std::uint32_t>(abi::slot_bytes_of(bytes));
  const std::uint64_t slots = table.channels.size() * abi::slots_per_channel(bytes, options.depth);
  check_memory(what, slots, box.slot_bytes);
  const mail_memory memory =
      take_mail_memory({.ends_name = name + ".channels",
                        .end_type = mail_channel_type,
                        .ends = image_of(table.channels),
                        .departures = {.stride = sizeof(mail_channel),
                                       .offsets = {offsetof(mail_channel, sender_left),
                                                   offsetof(mail_channel, reader_left)}},
                        .slots_name = name + ".slots",
                        .slots = slots,
                        .slot_bytes = box.slot_bytes,
                        .dead_letters_name = name + ".dead_letters"});
  box.channels = reinterpret_cast<mail_channel*>(memory.ends);
  box.slots = memory.slots;
  box.dead_letters = memory.dead_letters;
  box.first = copy_to_device(table.first);
  box.neighbors = copy_to_device(table.neighbors);
  box.incoming = copy_to_device(table.incoming);
  return box;
}

post_office session_core::create_post_office(const std::string& name,
                                             const std::vector<std::uint32_t>& blocks,
                                             const post_office_options& options) {
  const std::string what = "post office '" + name + "': ";
  check_ring(what, options.letter_bytes, abi::max_letter_bytes, options.depth);
  check_served(what, blocks);
  const std::uint64_t actors = std::accumulate(blocks.begin(), blocks.end(), std::uint64_t{0});
  if (actors > UINT32_MAX) {
    throw invalid_argument(what + std::to_string(actors) + " actors are more than it can serve");
  }
  std::vector<abi::route> routes;
  std::uint32_t first = 0;
  for (const std::uint32_t b : blocks) {
    routes.push_back({first, b});
    first += b;
  }
  post_office office;
  office.kernel_count = static_cast<std::uint32_t>(routes.size());
  // The CPU back-end has no number; there is one of it.
  office.device = static_cast<std::uint32_t>(std::max(device_->index(), 0));
  office.depth = options.depth;
  office.letter_bytes = options.letter_bytes;
  office.slot_bytes = abi::letter_slot_bytes(options.letter_bytes);
  const std::uint64_t slots = actors * options.depth;
  check_memory(what, slots, office.slot_bytes);
  const mail_memory memory = take_mail_memory(
      {.ends_name = name + ".inboxes",
       .end_type = inbox_type,
       .ends = std::vector<std::byte>(actors * sizeof(abi::inbox)),
       .departures = {.stride = sizeof(abi::inbox), .offsets = {offsetof(abi::inbox, reader_left)}},
       .slots_name = name + ".letters",
       .slots = slots,
       .slot_bytes = office.slot_bytes,
       .dead_letters_name = name + ".dead_letters"});
  office.inboxes = reinterpret_cast<abi::inbox*>(memory.ends);
  office.slots = memory.slots;
  office.dead_letters = memory.dead_letters;
  office.routes = copy_to_device(routes);
  return office;
}

}  // namespace rk::host
