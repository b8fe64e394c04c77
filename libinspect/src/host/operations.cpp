#include "host/operations.hpp"

#include <algorithm>
#include <utility>

#include <rk/clock.hpp>
#include <rk/error.hpp>
#include <rk/model/snapshot.hpp>
#include <rk/model/value.hpp>
#include <rk/storage/checkpoint_file.hpp>

namespace rk::host {
namespace {

using protocol::operation_action;
using protocol::operation_state;

bool is_on_its_way(operation_state s) {
  return s == operation_state::staging || s == operation_state::pending;
}

constexpr std::uint32_t flag(abi::operation_flag f) {
  return static_cast<std::uint32_t>(f);
}

bool has_left(const abi::actor_record& r) {
  return r.state == abi::actor_state::finished || r.state == abi::actor_state::failed ||
         r.state == abi::actor_state::preempted;
}

bool is_parked(const abi::actor_record& r) {
  return r.state == abi::actor_state::running && r.wait.kind == abi::wait_kind::preemption;
}

std::uint64_t page_count(std::uint64_t bytes) {
  return (bytes + abi::page_bytes - 1) / abi::page_bytes;
}

std::uint64_t bytes_of(const std::vector<placed_range>& placed) {
  std::uint64_t sum = 0;
  for (const placed_range& p : placed) sum += p.range.bytes;
  return sum;
}

}  // namespace

operations::operations(registry& symbols, backend::device& device, request_board& board,
                       state_of_kernel state_of)
    : symbols_(symbols),
      board_(board),
      state_of_(std::move(state_of)),
      copier_(device.create_copier()),
      shadow_(symbols),
      regions_(reinterpret_cast<abi::copy_region*>(
          symbols.reserve(max_regions * sizeof(abi::copy_region)))),
      displaced_(symbols.reserve(abi::displaced_bytes)) {}

void operations::prepare(std::optional<std::uint64_t> bytes) {
  std::uint64_t wanted = least_shadow_bytes;
  if (!bytes) {
    for (const model::symbol& s : symbols_.catalogue().symbols) {
      if (s.checkpoint) wanted += shadow::room_for(s.bytes);
    }
  }
  const std::lock_guard lock(mutex_);
  try {
    shadow_.reserve(std::max(wanted, bytes.value_or(0)));
  } catch (const cuda_error&) {
    // Nobody asked for it: a cut that does not fit is refused with the figures.
    if (bytes) throw;
    shadow_.reserve(least_shadow_bytes);
  }
  const std::uint64_t pages = shadow_.bytes() / abi::page_bytes + max_regions;
  if (pages <= changed_pages_count_) return;
  changed_pages_ = reinterpret_cast<std::uint8_t*>(symbols_.reserve(pages));
  changed_pages_count_ = pages;
}

void operations::require_free() {
  if (!operation_) return;
  // Nobody waits for it any more.
  if (operation_->by.expired()) withdraw(*operation_);
  look(*operation_);
  const protocol::operation_reply& reply = operation_->reply;
  const std::string number = std::to_string(reply.operation);
  if (reply.state == operation_state::pending) {
    throw busy("operation " + number + " of kernel '" + reply.kernel +
               "' is still pending: " + std::to_string(reply.arrived) + " of " +
               std::to_string(reply.actors) + " actors have reached its safe point");
  }
  if (is_held(*operation_)) {
    throw busy("the shadow is in use by operation " + number + ": try again");
  }
  operation_.reset();
}

bool operations::is_held(const operation& o) {
  const bool has_result = o.reply.state == operation_state::done || is_on_its_way(o.reply.state);
  return has_result && !o.by.expired() && clock::now() - o.last_use < hold_limit;
}

void operations::bring_back(model::kernel_id kernel, const std::function<void()>& launch) {
  const std::lock_guard lock(mutex_);
  if (operation_ && operation_->kernel.id == kernel) {
    // Its records say what became of it only until the kernel runs again.
    look(*operation_);
    if (operation_->reply.at_rest && !operation_->placed.empty() && is_held(*operation_)) {
      throw busy("the state of kernel '" + operation_->kernel.name +
                 "' is being read by operation " + std::to_string(operation_->reply.operation) +
                 ": try again");
    }
  }
  launch();
}

void operations::drop_abandoned() {
  const std::lock_guard lock(mutex_);
  if (operation_ && operation_->by.expired()) withdraw(*operation_);
}

void operations::wait_for_last_reader() {
  std::unique_lock lock(mutex_);
  while (operation_ && !operation_->placed.empty() &&
         abi::has(operation_->flags, abi::operation_flag::leave) && is_held(*operation_)) {
    released_.wait_for(lock, std::chrono::milliseconds(20));
  }
}

operations::operation& operations::begin(const model::kernel& k,
                                         const std::vector<protocol::read_range>& ranges,
                                         bool is_load, const asker& by) {
  require_free();
  operation o;
  o.kernel = k;
  o.is_load = is_load;
  o.by = by;
  if (state_of_(k.id) == model::kernel_state::faulted) {
    throw error("kernel '" + k.name + "' has faulted: nothing can be asked of it");
  }
  if (is_load || !has_ended(k)) {
    o.placed = shadow_.place(ranges);
  } else {
    for (const auto& r : ranges) o.placed.push_back({r, address_of(r)});
  }
  if (o.placed.size() > max_regions) {
    throw invalid_argument("an operation has at most " + std::to_string(max_regions) +
                           " pieces of memory, this one has " + std::to_string(o.placed.size()));
  }
  o.reply.operation = ++last_number_;
  o.reply.kernel = k.name;
  o.reply.actors = k.actor_count;
  o.reply.bytes = bytes_of(o.placed);
  o.last_use = clock::now();
  return operation_.emplace(std::move(o));
}

void operations::require_common_safe_points(const model::kernel& k) {
  if (k.sync != synchrony::independent) return;
  throw error("kernel '" + k.name +
              "' has no common safe point: its actors pass no barrier together, so no moment "
              "belongs to one step of all");
}

protocol::operation_reply operations::begin_preemption(const model::kernel& k, const asker& by) {
  const std::lock_guard lock(mutex_);
  if (state_of_(k.id) == model::kernel_state::unknown) {
    throw error("kernel '" + k.name +
                "' was launched by the program itself, which alone could bring it back");
  }
  if (k.level == instrumentation::off) {
    throw error("kernel '" + k.name +
                "' keeps no records (instrumentation is off), so nobody could "
                "tell that it is to go on");
  }
  if (has_ended(k)) throw error("kernel '" + k.name + "' has left the GPU already");
  operation& o = begin(k, {}, false, by);
  o.is_parking = k.sync == synchrony::independent;
  o.flags = flag(abi::operation_flag::leave) | flag(abi::operation_flag::preempt);
  ask(o);
  look(o);
  return o.reply;
}

protocol::operation_reply operations::begin_cut(const model::kernel& k,
                                                const std::vector<model::symbol>& symbols,
                                                bool leave, const std::string& base,
                                                const asker& by) {
  require_common_safe_points(k);
  std::vector<protocol::read_range> ranges;
  for (const model::symbol& s : symbols) ranges.push_back({s.id, 0, s.bytes});
  const std::lock_guard lock(mutex_);
  operation& o = begin(k, ranges, false, by);
  for (const model::symbol& s : symbols) o.reply.symbols.push_back(s.id);
  o.reply.id = storage::new_checkpoint_id();
  // Equal places mean equal ranges, and that no extent came between.
  o.reply.compared = !base.empty() && held_cut_ && held_cut_->id == base &&
                     held_cut_->placed == o.placed && pages_of(o) <= changed_pages_count_;
  o.flags = leave ? flag(abi::operation_flag::leave) : 0;
  ask(o);
  look(o);
  return o.reply;
}

protocol::operation_reply operations::begin_staging(const model::kernel& k,
                                                    const std::vector<protocol::read_range>& ranges,
                                                    model::change entry, const asker& by) {
  require_common_safe_points(k);
  const std::lock_guard lock(mutex_);
  for (const auto& r : ranges) static_cast<void>(symbols_.address(r.symbol, r.offset, r.bytes));
  operation& o = begin(k, ranges, true, by);
  o.entry = std::move(entry);
  o.flags = flag(abi::operation_flag::replaces_state);
  o.reply.state = operation_state::staging;
  return o.reply;
}

protocol::operation_reply operations::put(std::uint64_t number, std::uint64_t offset,
                                          std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  operation& o = find(number);
  held_cut_.reset();
  if (o.reply.state != operation_state::staging) {
    throw error("operation " + std::to_string(number) + " takes no values any more");
  }
  if (offset > o.reply.bytes || bytes.size() > o.reply.bytes - offset) {
    throw invalid_argument("values for bytes " + std::to_string(offset) + " to " +
                           std::to_string(offset + bytes.size()) + " of " +
                           std::to_string(o.reply.bytes));
  }
  std::uint64_t before = 0;  // bytes of the pieces so far
  for (const placed_range& p : o.placed) {
    const std::uint64_t end = before + p.range.bytes;
    if (!bytes.empty() && offset < end) {
      const auto part = bytes.first(std::min<std::uint64_t>(bytes.size(), end - offset));
      copier_->write(p.at + (offset - before), part.data(), part.size());
      offset += part.size();
      bytes = bytes.subspan(part.size());
    }
    before = end;
  }
  return o.reply;
}

protocol::operation_reply operations::act(std::uint64_t number, operation_action action) {
  const std::lock_guard lock(mutex_);
  operation& o = find(number);
  switch (action) {
    case operation_action::look:
    case operation_action::changes:  // changes()
      break;
    case operation_action::commit:
      if (o.reply.state != operation_state::staging) break;
      o.reply.state = operation_state::pending;
      ask(o);
      break;
    case operation_action::cancel:
      withdraw(o);
      break;
    case operation_action::hurry:
      if (o.reply.state == operation_state::pending && !o.is_withdrawn) {
        board_.add(o.kernel.id, abi::request::hurry);
      }
      break;
    case operation_action::release:
      look(o);
      if (o.reply.state == operation_state::staging) o.reply.state = operation_state::cancelled;
      o.last_use = {};
      released_.notify_all();
      return o.reply;
  }
  look(o);
  return o.reply;
}

operations::operation& operations::find(std::uint64_t number) {
  if (!operation_ || operation_->reply.operation != number) {
    throw not_found("operation " + std::to_string(number) +
                    " is gone: another one has taken its place");
  }
  operation_->last_use = clock::now();
  return *operation_;
}

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

std::byte* operations::address_of(const protocol::read_range& r) const {
  return const_cast<std::byte*>(symbols_.address(r.symbol, r.offset, r.bytes));
}

std::uint64_t operations::read_word(const std::uint64_t* at) {
  std::uint64_t word = 0;
  copier_->read(reinterpret_cast<std::byte*>(&word), reinterpret_cast<const std::byte*>(at),
                sizeof word);
  return word;
}

std::uint64_t operations::agreement_of(const model::kernel& k) {
  return read_word(&symbols_.view_of(k.id).control->agreement.word);
}

std::uint64_t operations::parking_of(const model::kernel& k) {
  return read_word(&symbols_.view_of(k.id).control->parking.parked);
}

void operations::ask(operation& o) {
  if (has_ended(o.kernel)) {
    finish_at_rest(o);
    return;
  }
  if (o.is_parking) {
    board_.add(o.kernel.id, abi::request::preempt);
    return;
  }
  std::vector<abi::copy_region> regions;
  std::uint8_t* pages = o.reply.compared ? changed_pages_ : nullptr;
  o.changed_pages = pages;
  for (const placed_range& p : o.placed) {
    std::byte* own = address_of(p.range);
    const bool keeps = o.is_load && regions.empty() && p.range.bytes < abi::page_bytes;
    regions.push_back({o.is_load ? p.at : own, o.is_load ? own : p.at, p.range.bytes, pages,
                       keeps ? displaced_ : nullptr});
    if (pages != nullptr) pages += page_count(p.range.bytes);
  }
  // From here on actors may write there.
  if (!o.placed.empty()) held_cut_.reset();
  copier_->write(reinterpret_cast<std::byte*>(regions_),
                 reinterpret_cast<const std::byte*>(regions.data()),
                 regions.size() * sizeof(abi::copy_region));
  o.agreement_before = agreement_of(o.kernel);
  board_.ask(o.kernel.id,
             {o.reply.operation, regions_, static_cast<std::uint32_t>(regions.size()), o.flags});
}

void operations::look(operation& o) {
  if (o.reply.state != operation_state::pending) return;
  if (o.is_parking) {
    look_at_parking(o);
  } else {
    look_at_actors(o);
  }
  if (o.reply.state != operation_state::pending) return;
  if (state_of_(o.kernel.id) == model::kernel_state::faulted) {
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
  // Not agreed on before it was taken back: no actor can begin any more.
  if (o.is_withdrawn && !o.is_parking && agreement_of(o.kernel) == o.agreement_before) {
    o.reply.state = operation_state::cancelled;
  }
}

void operations::look_at_actors(operation& o) {
  const auto records = records_of(o.kernel);
  std::uint64_t begin = ~std::uint64_t{0};
  std::uint64_t end = 0;
  bool is_taken_back = false;
  o.reply.arrived = 0;
  for (const abi::actor_record& r : records) {
    if (r.operation.number != o.reply.operation) continue;
    is_taken_back |= r.operation.end_ns == 0;
    o.reply.arrived += 1;
    o.reply.step = r.operation.step;
    begin = std::min(begin, r.operation.begin_ns);
    end = std::max(end, r.operation.end_ns);
  }
  if (o.reply.arrived != records.size()) return;
  if (is_taken_back) {
    // Of an earlier operation that was withdrawn at the last moment; this one's turn is next.
    if (o.is_withdrawn) o.reply.state = operation_state::cancelled;
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

std::uint64_t operations::pages_of(const operation& o) const {
  std::uint64_t sum = 0;
  for (const placed_range& p : o.placed) sum += page_count(p.range.bytes);
  return sum;
}

std::vector<protocol::changed_range> operations::changes(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const operation& o = find(number);
  if (!o.reply.compared || o.reply.state != operation_state::done) {
    throw error("operation " + std::to_string(number) + " is no finished cut that was compared");
  }
  std::vector<std::byte> pages(pages_of(o));
  copier_->read(pages.data(), reinterpret_cast<const std::byte*>(o.changed_pages), pages.size());
  std::vector<protocol::changed_range> found;
  std::size_t page = 0;
  for (const placed_range& p : o.placed) {
    for (std::uint64_t at = 0; at < p.range.bytes; at += abi::page_bytes, ++page) {
      if (pages[page] == std::byte{0}) continue;
      const std::uint64_t offset = p.range.offset + at;
      const std::uint64_t bytes = std::min(abi::page_bytes, p.range.bytes - at);
      const auto symbol = static_cast<std::uint64_t>(p.range.symbol);
      const bool continues = !found.empty() && found.back().symbol == symbol &&
                             found.back().offset + found.back().bytes == offset;
      if (continues) {
        found.back().bytes += bytes;
      } else {
        found.push_back({symbol, offset, bytes});
      }
    }
  }
  return found;
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

std::string operations::whereabouts(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const operation& o = find(number);
  const auto records = records_of(o.kernel);
  return model::describe_actors(records, [&](const abi::actor_record& r) {
    if (o.is_parking) return !is_parked(r) && !has_left(r);
    return r.operation.number != number;
  });
}

void operations::finish_at_rest(operation& o) {
  model::kernel_snapshot shot;
  shot.actors = records_of(o.kernel);
  if (!o.is_load && shot.count(abi::actor_state::failed) != 0) {
    o.reply.state = operation_state::failed;
    o.reply.error = "kernel '" + o.kernel.name + "' failed (" +
                    std::to_string(shot.count(abi::actor_state::failed)) +
                    " actors): its state belongs to no one step; dump it as it is";
    return;
  }
  if (o.is_load && !o.placed.empty()) {
    o.entry.before = first_element(o, address_of(o.placed.front().range));
  }
  for (placed_range& p : o.placed) {
    std::byte* own = address_of(p.range);
    if (o.is_load) {
      copy_on_device(own, p.at, p.range.bytes);
    } else {
      p.at = own;
    }
  }
  o.reply.at_rest = true;
  o.reply.compared = false;
  o.reply.step = shot.steps();
  o.reply.arrived = o.kernel.actor_count;
  o.reply.state = operation_state::done;
  if (o.is_load) log_change(o);
}

void operations::copy_on_device(std::byte* to, const std::byte* from, std::uint64_t bytes) {
  std::vector<std::byte> held(std::min<std::uint64_t>(bytes, 4u << 20));
  for (std::uint64_t at = 0; at < bytes; at += held.size()) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes - at, held.size()));
    copier_->read(held.data(), from + at, part);
    copier_->write(to + at, held.data(), part);
  }
}

void operations::withdraw(operation& o) {
  if (!is_on_its_way(o.reply.state)) return;
  if (o.reply.state == operation_state::staging) {
    o.reply.state = operation_state::cancelled;
    return;
  }
  o.is_withdrawn = true;
  board_.remove(o.kernel.id, abi::request::hurry);
  if (o.is_parking) {
    board_.remove(o.kernel.id, abi::request::preempt);
  } else {
    board_.take_back(o.kernel.id);
  }
}

template <class Visit>
void operations::for_each_piece(std::uint64_t number, const protocol::read_range& wanted,
                                Visit visit) {
  const operation& o = find(number);
  if (o.is_load || o.reply.state != operation_state::done) {
    throw error("operation " + std::to_string(number) + " is no finished cut");
  }
  std::uint64_t found = 0;
  for (const placed_range& p : o.placed) {
    if (p.range.symbol != wanted.symbol) continue;
    const std::uint64_t first = std::max(wanted.offset, p.range.offset);
    const std::uint64_t end =
        std::min(wanted.offset + wanted.bytes, p.range.offset + p.range.bytes);
    if (first >= end) continue;
    visit(first - wanted.offset, p.at + (first - p.range.offset), end - first);
    found += end - first;
  }
  if (found != wanted.bytes) {
    throw not_found("cut " + std::to_string(number) + " does not hold " +
                    std::to_string(wanted.bytes) + " bytes of symbol number " +
                    std::to_string(static_cast<std::uint32_t>(wanted.symbol)) + " from " +
                    std::to_string(wanted.offset));
  }
}

void operations::read(std::uint64_t number, const protocol::read_range& wanted, std::byte* to) {
  const std::lock_guard lock(mutex_);
  for_each_piece(number, wanted, [&](std::uint64_t at, const std::byte* from, std::uint64_t bytes) {
    copier_->read(to + at, from, bytes);
  });
}

void operations::drain(std::uint64_t number, const protocol::read_range& wanted,
                       const backend::copier::taker& take) {
  const std::lock_guard lock(mutex_);
  for_each_piece(number, wanted, [&](std::uint64_t, const std::byte* from, std::uint64_t bytes) {
    copier_->drain(from, bytes, take);
  });
}

}  // namespace rk::host
