#include <algorithm>
#include <utility>

#include <rk/clock.hpp>
#include <rk/error.hpp>
#include <rk/model/snapshot.hpp>
#include <rk/model/value.hpp>

#include "host/operations.hpp"

/// How far an operation is, which only the actors' records tell.
namespace rk::host {
namespace {

using protocol::operation_state;

bool has_left(const abi::actor_record& r) {
  return r.state == abi::actor_state::finished || r.state == abi::actor_state::failed ||
         r.state == abi::actor_state::preempted;
}

bool is_parked(const abi::actor_record& r) {
  return r.state == abi::actor_state::running && r.wait.kind == abi::wait_kind::preemption;
}

}  // namespace

bool operations::has_ended(const model::kernel& k) {
  switch (state_of_(k.id)) {
    case model::kernel_state::finished:
    case model::kernel_state::preempted:
      return true;
    case model::kernel_state::running:
    case model::kernel_state::faulted:
      return false;
    case model::kernel_state::unknown:
      break;
  }
  // Somebody else launched it: its actors say whether it has ended.
  const auto records = records_of(k);
  return std::all_of(records.begin(), records.end(), has_left);
}

std::vector<abi::actor_record> operations::records_of(const model::kernel& k) {
  std::vector<abi::actor_record> records(k.actor_count);
  const auto* from = reinterpret_cast<const std::byte*>(symbols_.view_of(k.id).actors);
  copier_->read(reinterpret_cast<std::byte*>(records.data()), from,
                records.size() * sizeof(abi::actor_record));
  return records;
}

void operations::look(operation& o) {
  if (o.reply.state != operation_state::pending) return;
  if (o.is_parking) {
    look_at_parking(o);
  } else {
    look_at_actors(o);
  }
  const model::kernel_state state = state_of_(o.kernel.id);
  const bool is_to_go_on = abi::has(o.flags, abi::operation_flag::preempt);
  if (is_to_go_on && state == model::kernel_state::finished) {
    o.reply.state = operation_state::failed;
    o.reply.error = "kernel '" + o.kernel.name + "' has ended for good: it cannot be resumed";
    return;
  }
  if (o.reply.state != operation_state::pending) return;
  if (state == model::kernel_state::faulted) {
    o.reply.state = operation_state::failed;
    o.reply.error = "kernel '" + o.kernel.name + "' has faulted";
    return;
  }
  if (has_ended(o.kernel)) {
    // Once more, since it may have done its share between the look and its end.
    look_at_actors(o);
    if (o.reply.state == operation_state::pending) finish_at_rest(o);
    return;
  }
  look_who_left(o);
  if (o.reply.state != operation_state::pending) return;
  // Not agreed on before it was taken back: no actor can begin any more.
  if (o.is_withdrawn && !o.is_parking && agreement_of(o.kernel) < o.reply.operation) {
    o.reply.state = operation_state::cancelled;
  }
}

void operations::look_who_left(operation& o) {
  // Of a kernel that is ending some actors are gone a little before the others.
  constexpr std::chrono::milliseconds ending_limit{200};
  const bool is_alone = o.kernel.sync == synchrony::independent;
  if (is_alone || board_.is_asked_to_end(o.kernel.id)) return;
  const auto records = records_of(o.kernel);
  const auto is_away = [&](const abi::actor_record& r) {
    return has_left(r) && r.operation.number != o.reply.operation;
  };
  if (std::none_of(records.begin(), records.end(), is_away)) return;
  if (!o.incomplete_since) o.incomplete_since = clock::now();
  if (clock::now() - *o.incomplete_since < ending_limit) return;
  board_.take_back(o.kernel.id);
  o.reply.state = operation_state::failed;
  o.reply.error = "kernel '" + o.kernel.name + "' has no common safe point any more: " +
                  model::describe_actors(records, is_away);
}

void operations::look_at_actors(operation& o) {
  const auto records = records_of(o.kernel);
  std::uint64_t begin = ~std::uint64_t{0};
  std::uint64_t end = 0;
  bool is_cancelled = false;
  o.reply.arrived = 0;
  const bool is_alone = o.kernel.sync == synchrony::independent;
  std::uint64_t taken_part = 0;
  for (const abi::actor_record& r : records) {
    if (r.operation.number != o.reply.operation) {
      // The others do without an independent actor that has ended.
      if (is_alone && has_left(r)) o.reply.arrived += 1;
      continue;
    }
    is_cancelled |= r.operation.end_ns == 0;
    o.reply.arrived += 1;
    o.reply.step = taken_part++ == 0 ? r.operation.step : std::min(o.reply.step, r.operation.step);
    begin = std::min(begin, r.operation.begin_ns);
    end = std::max(end, r.operation.end_ns);
  }
  if (o.reply.arrived != records.size() || taken_part == 0) return;
  const auto has_failed = [](const abi::actor_record& r) {
    return r.state == abi::actor_state::failed;
  };
  if (is_alone && !o.is_load && std::any_of(records.begin(), records.end(), has_failed)) {
    o.reply.state = operation_state::failed;
    o.reply.error = "kernel '" + o.kernel.name +
                    "' has actors that failed in the middle of a step: " +
                    model::describe_actors(records, has_failed);
    return;
  }
  if (is_cancelled) {
    // Agreed on, and taken back before the actors began.
    o.reply.state = operation_state::cancelled;
    return;
  }
  // A kernel that is to leave has done so only when nothing of it is on the device any more.
  if (abi::has(o.flags, abi::operation_flag::preempt) && !has_ended(o.kernel)) return;
  o.reply.state = operation_state::done;
  o.reply.pause_ns = end - begin;
  if (!o.is_load && !o.placed.empty()) held_cut_ = {o.reply.id, o.placed};
  if (!o.is_load) return;
  if (!o.placed.empty() && o.placed.front().range.bytes < abi::page_bytes) {
    o.entry.before = first_element(o, displaced_);
  }
  log_change(o);
}

std::string operations::first_element(const operation& o, const std::byte* at) {
  const protocol::read_range& first = o.placed.front().range;
  const model::catalogue known = symbols_.catalogue();
  const model::symbol* s = known.find(first.symbol);
  const std::uint64_t size = known.types[s->type].size;
  const auto scalar =
      size == 0 ? std::nullopt : model::scalar_at(known.types, s->type, first.offset % size);
  if (!scalar) return {};
  std::vector<std::byte> bytes(known.types[*scalar].size);
  if (bytes.size() > std::min(first.bytes, abi::displaced_bytes)) return {};
  copier_->read(bytes.data(), at, bytes.size());
  return model::format_value(known.types, *scalar, bytes);
}

void operations::log_change(operation& o) {
  if (o.placed.empty()) return;
  o.entry.unix_ns = unix_ns();
  o.entry.kernel = o.reply.kernel;
  o.entry.step = o.reply.step;
  o.entry.bytes = o.reply.bytes;
  o.entry.after = first_element(o, o.placed.front().at);
  symbols_.add_change(o.entry);
}

void operations::look_at_parking(operation& o) {
  model::kernel_snapshot shot;
  shot.actors = records_of(o.kernel);
  const std::vector<abi::actor_record>& records = shot.actors;
  const auto parked = std::count_if(records.begin(), records.end(), is_parked);
  const auto left = std::count_if(records.begin(), records.end(), has_left);
  o.reply.arrived = static_cast<std::uint64_t>(parked + left);
  o.reply.step = shot.steps();
  if (has_ended(o.kernel)) {
    o.reply.state = operation_state::done;
    return;
  }
  // A full count does not change any more: all leave, whatever their records say yet.
  const bool all_leave = parking_of(o.kernel) >= records.size();
  if (o.is_withdrawn && parked == 0 && !all_leave) o.reply.state = operation_state::cancelled;
}

std::string operations::whereabouts(const operation& o) {
  const auto records = records_of(o.kernel);
  return model::describe_actors(records, [&](const abi::actor_record& r) {
    if (o.is_parking) return !is_parked(r) && !has_left(r);
    return r.operation.number != o.reply.operation;
  });
}

}  // namespace rk::host
