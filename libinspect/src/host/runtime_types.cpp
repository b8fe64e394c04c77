#include "host/runtime_types.hpp"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <rk/abi/actor_record.hpp>
#include <rk/abi/barrier.hpp>
#include <rk/abi/coherent.hpp>
#include <rk/abi/command.hpp>
#include <rk/abi/event.hpp>
#include <rk/abi/inbox.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/abi/publication.hpp>
#include <rk/abi/signal.hpp>
#include <rk/model/snapshot.hpp>

namespace rk::host {
namespace {

using abi::actor_record;
using abi::operation_record;
using abi::wait_record;

template <class Enum>
model::type_id enumeration(model::type_table& types, const char* name,
                           std::initializer_list<Enum> values) {
  model::type t;
  t.name = name;
  t.how = model::encoding::enumeration;
  t.size = sizeof(Enum);
  for (const Enum v : values) {
    t.enumerators.push_back({std::string(model::to_string(v)), static_cast<std::int64_t>(v)});
  }
  return types.add(std::move(t));
}

model::type structure(const char* name, std::uint64_t size, std::vector<model::member> members) {
  model::type t;
  t.name = name;
  t.how = model::encoding::structure;
  t.size = size;
  t.members = std::move(members);
  return t;
}

model::type_id status_type(model::type_table& types) {
  return enumeration(
      types, "rk::abi::status",
      {abi::status::ok, abi::status::timed_out, abi::status::aborted, abi::status::preempted,
       abi::status::interrupted, abi::status::full, abi::status::empty, abi::status::gone,
       abi::status::nobody, abi::status::wrong_size});
}

}  // namespace

model::type_id actor_record_type(model::type_table& types) {
  using enum abi::actor_state;
  const auto u32 = types.add_scalar("std::uint32_t", model::encoding::unsigned_integer, 4);
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  const auto state = enumeration(types, "rk::abi::actor_state",
                                 {not_started, running, finished, failed, preempted});
  const auto kind =
      enumeration(types, "rk::abi::wait_kind",
                  {abi::wait_kind::none, abi::wait_kind::grid_barrier, abi::wait_kind::user,
                   abi::wait_kind::preemption, abi::wait_kind::barrier, abi::wait_kind::neighbors,
                   abi::wait_kind::idle, abi::wait_kind::room, abi::wait_kind::message});
  const auto status = status_type(types);
  const auto wait =
      types.add(structure("rk::abi::wait_record", sizeof(wait_record),
                          {{"kind", offsetof(wait_record, kind), kind},
                           {"object", offsetof(wait_record, object), u32},
                           {"expected", offsetof(wait_record, expected), u64},
                           {"observed", offsetof(wait_record, observed), u64},
                           {"since_ns", offsetof(wait_record, since_ns), u64},
                           {"source_line", offsetof(wait_record, source_line), u32}}));
  const auto operation =
      types.add(structure("rk::abi::operation_record", sizeof(operation_record),
                          {{"number", offsetof(operation_record, number), u64},
                           {"step", offsetof(operation_record, step), u64},
                           {"begin_ns", offsetof(operation_record, begin_ns), u64},
                           {"end_ns", offsetof(operation_record, end_ns), u64}}));
  return types.add(structure("rk::abi::actor_record", sizeof(actor_record),
                             {{"state", offsetof(actor_record, state), state},
                              {"exit_status", offsetof(actor_record, exit_status), status},
                              {"progress", offsetof(actor_record, progress), u64},
                              {"heartbeat_ns", offsetof(actor_record, heartbeat_ns), u64},
                              {"started_ns", offsetof(actor_record, started_ns), u64},
                              {"finished_ns", offsetof(actor_record, finished_ns), u64},
                              {"processor", offsetof(actor_record, processor), u32},
                              {"wait", offsetof(actor_record, wait), wait},
                              {"operation", offsetof(actor_record, operation), operation},
                              {"events", offsetof(actor_record, events), u64}}));
}

model::type_id event_type(model::type_table& types) {
  using abi::event;
  using enum abi::event_kind;
  const auto u16 = types.add_scalar("std::uint16_t", model::encoding::unsigned_integer, 2);
  const auto u32 = types.add_scalar("std::uint32_t", model::encoding::unsigned_integer, 4);
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  const auto kind = enumeration(types, "rk::abi::event_kind",
                                {none, started, step, waiting, waited, operation, finished, noted,
                                 met, sent, received, woken, commanded});
  return types.add(structure("rk::abi::event", sizeof(event),
                             {{"number", offsetof(event, number), u64},
                              {"at_ns", offsetof(event, at_ns), u64},
                              {"check", offsetof(event, check), u16},
                              {"what", offsetof(event, what), kind},
                              {"object", offsetof(event, object), u32},
                              {"value", offsetof(event, value), u64}}));
}

model::type_id publication_type(model::type_table& types) {
  using abi::publication;
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  return types.add(structure("rk::abi::publication", sizeof(publication),
                             {{"begun", offsetof(publication, begun), u64},
                              {"ended", offsetof(publication, ended), u64},
                              {"ended_ns", offsetof(publication, ended_ns), u64},
                              {"writers", offsetof(publication, writers), u64}}));
}

#define RK_U64_MEMBER(record, name) \
  { #name, offsetof(record, name), u64 }

model::type_id barrier_record_type(model::type_table& types) {
  using abi::barrier_record;
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  return types.add(structure(
      "rk::abi::barrier_record", sizeof(barrier_record),
      {RK_U64_MEMBER(barrier_record, arrived), RK_U64_MEMBER(barrier_record, left),
       RK_U64_MEMBER(barrier_record, left_arrivals), RK_U64_MEMBER(barrier_record, members)}));
}

model::type_id barrier_slot_type(model::type_table& types) {
  using abi::barrier_slot;
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  return types.add(structure("rk::abi::barrier_slot", sizeof(barrier_slot),
                             {RK_U64_MEMBER(barrier_slot, generation)}));
}

model::type_id actor_signals_type(model::type_table& types) {
  using abi::actor_signals;
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  return types.add(
      structure("rk::abi::actor_signals", sizeof(actor_signals),
                {RK_U64_MEMBER(actor_signals, peer_flags), RK_U64_MEMBER(actor_signals, heard),
                 RK_U64_MEMBER(actor_signals, outcomes), RK_U64_MEMBER(actor_signals, signals),
                 RK_U64_MEMBER(actor_signals, interrupts)}));
}

model::type_id command_counters_type(model::type_table& types) {
  using abi::command_counters;
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  return types.add(structure(
      "rk::abi::command_counters", sizeof(command_counters),
      {RK_U64_MEMBER(command_counters, posted), RK_U64_MEMBER(command_counters, rejected),
       RK_U64_MEMBER(command_counters, depth), RK_U64_MEMBER(command_counters, command_bytes),
       RK_U64_MEMBER(command_counters, taken), RK_U64_MEMBER(command_counters, acknowledged)}));
}

model::type_id mail_channel_type(model::type_table& types) {
  using abi::mail_channel;
  const auto u32 = types.add_scalar("std::uint32_t", model::encoding::unsigned_integer, 4);
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  return types.add(structure("rk::abi::mail_channel", sizeof(mail_channel),
                             {RK_U64_MEMBER(mail_channel, sent),
                              RK_U64_MEMBER(mail_channel, rejected),
                              RK_U64_MEMBER(mail_channel, high_water),
                              RK_U64_MEMBER(mail_channel, sampled),
                              RK_U64_MEMBER(mail_channel, sampled_ns),
                              RK_U64_MEMBER(mail_channel, sender_left),
                              {"from", offsetof(mail_channel, from), u32},
                              {"to", offsetof(mail_channel, to), u32},
                              RK_U64_MEMBER(mail_channel, exchange_is_open),
                              RK_U64_MEMBER(mail_channel, taken),
                              RK_U64_MEMBER(mail_channel, queued_ns),
                              RK_U64_MEMBER(mail_channel, reader_left)}));
}

model::type_id coherence_counters_type(model::type_table& types) {
  using abi::coherence_counters;
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  return types.add(structure(
      "rk::abi::coherence_counters", sizeof(coherence_counters),
      {RK_U64_MEMBER(coherence_counters, seen), RK_U64_MEMBER(coherence_counters, acquired),
       RK_U64_MEMBER(coherence_counters, unchanged), RK_U64_MEMBER(coherence_counters, retries),
       RK_U64_MEMBER(coherence_counters, released), RK_U64_MEMBER(coherence_counters, bytes),
       RK_U64_MEMBER(coherence_counters, last_ns)}));
}

model::type_id coherent_line_type(model::type_table& types) {
  using abi::coherent_line;
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  return types.add(structure(
      "rk::abi::coherent_line", sizeof(coherent_line),
      {RK_U64_MEMBER(coherent_line, host_writes), RK_U64_MEMBER(coherent_line, device_writes)}));
}

model::type_id inbox_type(model::type_table& types) {
  using abi::inbox;
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  return types.add(structure("rk::abi::inbox", sizeof(inbox),
                             {RK_U64_MEMBER(inbox, claimed), RK_U64_MEMBER(inbox, rejected),
                              RK_U64_MEMBER(inbox, taken), RK_U64_MEMBER(inbox, high_water),
                              RK_U64_MEMBER(inbox, queued_ns), RK_U64_MEMBER(inbox, reader_left)}));
}

model::type_id dead_letter_box_type(model::type_table& types) {
  using abi::dead_letter;
  using abi::dead_letter_box;
  const auto u32 = types.add_scalar("std::uint32_t", model::encoding::unsigned_integer, 4);
  const auto u64 = types.add_scalar("std::uint64_t", model::encoding::unsigned_integer, 8);
  const auto letter =
      types.add(structure("rk::abi::dead_letter", sizeof(dead_letter),
                          {RK_U64_MEMBER(dead_letter, number),
                           {"from", offsetof(dead_letter, from), u32},
                           {"to", offsetof(dead_letter, to), u32},
                           {"reason", offsetof(dead_letter, reason), status_type(types)},
                           {"bytes", offsetof(dead_letter, bytes), u32},
                           RK_U64_MEMBER(dead_letter, device_ns)}));
  model::type last;
  last.name = "rk::abi::dead_letter[16]";
  last.how = model::encoding::array;
  last.size = sizeof(dead_letter) * abi::kept_dead_letters;
  last.element = letter;
  last.extents = {abi::kept_dead_letters};
  const auto letters = types.add(std::move(last));
  return types.add(structure(
      "rk::abi::dead_letter_box", sizeof(dead_letter_box),
      {RK_U64_MEMBER(dead_letter_box, count), {"last", offsetof(dead_letter_box, last), letters}}));
}

model::type_id byte_type(model::type_table& types) {
  return types.add_scalar("std::uint8_t", model::encoding::unsigned_integer, 1);
}

#undef RK_U64_MEMBER

}  // namespace rk::host
