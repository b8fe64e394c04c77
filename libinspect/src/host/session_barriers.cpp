// The part of session_core that makes barriers.
#include <algorithm>
#include <cstring>
#include <numeric>

#include <rk/error.hpp>
#include <rk/host/topology.hpp>

#include "host/runtime_types.hpp"
#include "host/session_core.hpp"

namespace rk::host {
namespace {

/// More than any grid has blocks that can be resident.
constexpr std::uint64_t max_members = 1u << 20;

std::vector<abi::barrier_seat> seats_of(const std::string& name,
                                        const std::vector<std::vector<std::uint32_t>>& members) {
  std::uint32_t highest = 0;
  std::uint64_t count = 0;
  for (const auto& list : members) {
    if (list.empty()) throw invalid_argument("barrier '" + name + "' has no members");
    highest = std::max(highest, *std::max_element(list.begin(), list.end()));
    count += list.size();
  }
  if (highest >= max_members) {
    throw invalid_argument("barrier '" + name + "': no kernel has an actor " +
                           std::to_string(highest));
  }
  std::vector<abi::barrier_seat> seats(std::size_t{highest} + 1, {abi::no_seat, abi::no_seat});
  std::uint32_t slot = 0;
  for (std::uint32_t b = 0; b < members.size(); ++b) {
    for (const std::uint32_t actor : members[b]) {
      if (seats[actor].barrier != abi::no_seat) {
        throw invalid_argument("barrier '" + name + "' has actor " + std::to_string(actor) +
                               " as a member twice");
      }
      seats[actor] = {b, slot++};
    }
  }
  return seats;
}

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

std::byte* session_core::copy_to_device(std::span<const std::byte> values) {
  std::byte* at = registry_->reserve(values.size());
  const std::lock_guard lock(copier_mutex_);
  copier_->write(at, values.data(), values.size());
  return at;
}

void session_core::keep_initial_image(initial_image image) {
  const std::lock_guard lock(copier_mutex_);
  copier_->write(image.object, image.bytes.data(), image.bytes.size());
  initial_images_.push_back(std::move(image));
}

barrier_set session_core::create_barriers(const std::string& name,
                                          const std::vector<std::vector<std::uint32_t>>& members) {
  const std::vector<abi::barrier_seat> seats = seats_of(name, members);
  const std::size_t seat_total =
      std::accumulate(members.begin(), members.end(), std::size_t{0},
                      [](std::size_t sum, const auto& list) { return sum + list.size(); });
  std::vector<abi::barrier_record> records(members.size());
  for (std::size_t b = 0; b < members.size(); ++b) records[b].members = members[b].size();
  const std::vector<abi::barrier_slot> slots(seat_total);
  // One barrier is no array.
  const shape extents = records.size() == 1 ? shape{} : shape{records.size()};
  barrier_set set;
  auto* record_bytes = registry_->add_runtime_symbol(
      {name + ".barrier", barrier_record_type, extents, records.size() * sizeof(records[0])});
  auto* slot_bytes = registry_->add_runtime_symbol(
      {name + ".members", barrier_slot_type, {slots.size()}, slots.size() * sizeof(slots[0])});
  set.barriers = reinterpret_cast<abi::barrier_record*>(record_bytes);
  set.slots = reinterpret_cast<abi::barrier_slot*>(slot_bytes);
  set.seats = copy_to_device(seats);
  set.seat_count = static_cast<std::uint32_t>(seats.size());
  keep_initial_image({record_bytes, bytes_of(records)});
  keep_initial_image({slot_bytes, bytes_of(slots)});
  return set;
}

neighbor_set session_core::create_neighbor_barrier(const std::string& name, const topology& t) {
  const std::uint32_t actors = t.actor_count();
  std::vector<std::uint32_t> first{0};
  std::vector<std::uint32_t> neighbors;
  for (std::uint32_t a = 0; a < actors; ++a) {
    neighbors.insert(neighbors.end(), t.neighbors(a).begin(), t.neighbors(a).end());
    first.push_back(static_cast<std::uint32_t>(neighbors.size()));
  }
  const std::vector<abi::barrier_slot> slots(actors);
  auto* slot_bytes = registry_->add_runtime_symbol(
      {name + ".neighbors", barrier_slot_type, {actors}, actors * sizeof(abi::barrier_slot)});
  neighbor_set set;
  set.slots = reinterpret_cast<abi::barrier_slot*>(slot_bytes);
  set.first = copy_to_device(first);
  set.neighbors = copy_to_device(neighbors);
  set.actor_count = actors;
  keep_initial_image({slot_bytes, bytes_of(slots)});
  return set;
}

}  // namespace rk::host
