#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <rk/model/snapshot.hpp>

namespace rk::model {

/// True for a runtime symbol whose value a snapshot holds: counters of barriers, mailboxes and
/// queues, as far as they are small enough to be read at every sample.
[[nodiscard]] bool is_object_symbol(const catalogue& c, const symbol& s);
/// No symbol of that kind is larger in a snapshot, nor are all of them together.
inline constexpr std::uint64_t max_object_bytes = 2u << 20;

/// A barrier at one moment.
struct barrier_state {
  std::string name;
  std::uint64_t barriers = 0;     ///< of this name: one for each tile; figures are of the slowest
  std::uint64_t generations = 0;  ///< that are over
  std::uint64_t arrived = 0;      ///< members that have come in the next one
  std::uint64_t present = 0;      ///< members that have not left
  std::uint64_t members = 0;
};

/// All ways of one set of mailboxes, or all inboxes of a post office, at one moment.
struct mailbox_state {
  std::string name;
  bool is_post_office = false;  ///< then anybody sends: nobody in particular does
  std::uint64_t sent = 0;
  std::uint64_t taken = 0;
  std::uint64_t rejected = 0;
  std::uint64_t under_way = 0;     ///< messages that lie in mailboxes
  std::uint64_t fullest = 0;       ///< most of them on one way
  std::uint64_t fullest_from = 0;  ///< whose actors these are
  std::uint64_t fullest_to = 0;
  std::uint64_t high_water = 0;  ///< most that were on one way
  double queueing_seconds = 0;   ///< mean over the ways of the last message that was timed
};

/// A queue of commands at one moment.
struct queue_state {
  std::string name;
  std::uint64_t posted = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;
  std::uint64_t depth = 0;
};

struct object_states {
  std::vector<barrier_state> barriers;
  std::vector<mailbox_state> mailboxes;
  std::vector<queue_state> queues;
};

/// What a snapshot's objects say, in the catalogue's order. Trusts no figure: counters that
/// contradict each other make figures of zero, never larger ones.
[[nodiscard]] object_states objects_of(const snapshot& shot);

}  // namespace rk::model
