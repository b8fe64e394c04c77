#include <algorithm>
#include <cstring>

#include <rk/abi/barrier.hpp>
#include <rk/abi/command.hpp>
#include <rk/abi/inbox.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/model/objects.hpp>

namespace rk::model {
namespace {

constexpr std::string_view barrier_type = "rk::abi::barrier_record";
constexpr std::string_view channel_type = "rk::abi::mail_channel";
constexpr std::string_view inbox_type = "rk::abi::inbox";
constexpr std::string_view counters_type = "rk::abi::command_counters";

/// "rk.halo.barrier" is of "halo", "rk.wave.grid_barrier" of "wave": a grid barrier is its
/// kernel's.
std::string object_name(const symbol& s) {
  const std::string_view name = s.name;
  const std::size_t last = name.rfind('.');
  if (!name.starts_with("rk.") || last < 3) return s.name;
  return std::string(name.substr(3, last - 3));
}

template <class Record>
std::vector<Record> records_of(const symbol_value& value) {
  std::vector<Record> records(value.bytes.size() / sizeof(Record));
  if (records.empty()) return records;
  std::memcpy(records.data(), value.bytes.data(), records.size() * sizeof(Record));
  return records;
}

std::uint64_t difference(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

barrier_state state_of(const std::string& name, const std::vector<abi::barrier_record>& records) {
  barrier_state slowest;
  for (const abi::barrier_record& r : records) {
    barrier_state now;
    now.members = r.members;
    now.present = difference(r.members, r.left);
    const std::uint64_t arrivals = difference(r.arrived, r.left_arrivals);
    if (now.present != 0) {
      now.generations = arrivals / now.present;
      now.arrived = arrivals % now.present;
    }
    if (&r == &records.front() || now.generations < slowest.generations) slowest = now;
  }
  slowest.name = name;
  slowest.barriers = records.size();
  return slowest;
}

/// What mailboxes and inboxes have in common.
struct mail_counts {
  std::uint64_t sent, taken, rejected, high_water, queued_ns, from, to;
};

mail_counts counts_of(const abi::mail_channel& c, std::size_t) {
  return {c.sent, c.taken, c.rejected, c.high_water, c.queued_ns, c.from, c.to};
}
mail_counts counts_of(const abi::inbox& b, std::size_t number) {
  return {b.claimed, b.taken, b.rejected, b.high_water, b.queued_ns, 0, number};
}

template <class Record>
mailbox_state state_of(const std::string& name, const std::vector<Record>& records) {
  mailbox_state all;
  all.name = name;
  all.is_post_office = std::is_same_v<Record, abi::inbox>;
  std::uint64_t timed = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const mail_counts way = counts_of(records[i], i);
    all.sent += way.sent;
    all.taken += way.taken;
    all.rejected += way.rejected;
    all.high_water = std::max(all.high_water, way.high_water);
    const std::uint64_t under_way = difference(way.sent, way.taken);
    all.under_way += under_way;
    if (under_way > all.fullest) {
      all.fullest = under_way;
      all.fullest_from = way.from;
      all.fullest_to = way.to;
    }
    if (way.queued_ns == 0) continue;
    all.queueing_seconds += static_cast<double>(way.queued_ns) * 1e-9;
    ++timed;
  }
  if (timed != 0) all.queueing_seconds /= static_cast<double>(timed);
  return all;
}

}  // namespace

bool is_object_symbol(const catalogue& c, const symbol& s) {
  if (!s.runtime || s.bytes > max_object_bytes) return false;
  const std::string_view type = c.types[s.type].name;
  return type == barrier_type || type == channel_type || type == inbox_type ||
         type == counters_type;
}

object_states objects_of(const snapshot& shot) {
  object_states states;
  for (const symbol_value& value : shot.objects) {
    const symbol* s = shot.catalogue.find(value.id);
    if (s == nullptr) continue;
    const std::string name = object_name(*s);
    const std::string_view type = shot.catalogue.types[s->type].name;
    if (type == barrier_type) {
      auto records = records_of<abi::barrier_record>(value);
      // Nobody writes the members of a grid barrier down: they are its kernel's actors.
      const bool is_of_kernel = s->name.ends_with(".grid_barrier");
      const kernel* of = is_of_kernel ? shot.catalogue.find_kernel(name) : nullptr;
      for (auto& r : records) {
        if (of != nullptr) r.members = of->actor_count;
      }
      if (!records.empty()) states.barriers.push_back(state_of(name, records));
    } else if (type == channel_type) {
      states.mailboxes.push_back(state_of(name, records_of<abi::mail_channel>(value)));
    } else if (type == inbox_type) {
      states.mailboxes.push_back(state_of(name, records_of<abi::inbox>(value)));
    } else if (type == counters_type) {
      for (const auto& r : records_of<abi::command_counters>(value)) {
        states.queues.push_back({name, r.posted, r.acknowledged, r.rejected, r.depth});
      }
    }
  }
  return states;
}

}  // namespace rk::model
