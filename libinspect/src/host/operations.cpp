#include "host/operations.hpp"

#include <algorithm>
#include <utility>

#include <rk/error.hpp>
#include <rk/model/snapshot.hpp>
#include <rk/storage/checkpoint_file.hpp>

/// What is asked for: beginning, handing over, taking back.
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
      copier_(device.create_copier(backend::copier::usual_piece_bytes)),
      drain_copier_(device.create_copier(backend::copier::large_piece_bytes)),
      shadow_(symbols),
      regions_(reinterpret_cast<abi::copy_region*>(
          symbols.reserve(abi::max_regions * sizeof(abi::copy_region)))),
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
  const std::uint64_t pages = shadow_.bytes() / abi::page_bytes + abi::max_regions;
  if (pages <= changed_pages_count_) return;
  changed_pages_ = reinterpret_cast<std::uint8_t*>(symbols_.reserve(pages));
  changed_pages_count_ = pages;
}

void operations::require_free() {
  require_no_change_at_rest();
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
  const bool is_wanted = !o.by.expired() && clock::now() - o.last_use < hold_limit;
  return o.drains != 0 || (has_result && is_wanted);
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
  require_all_actors(k);
  if (is_load || !has_ended(k)) {
    o.placed = shadow_.place(ranges);
  } else {
    for (const auto& r : ranges) o.placed.push_back({r, address_of(r)});
  }
  if (o.placed.size() > abi::max_regions) {
    throw invalid_argument("an operation has at most " + std::to_string(abi::max_regions) +
                           " pieces of memory, this one has " + std::to_string(o.placed.size()));
  }
  o.reply.operation = ++last_number_;
  o.reply.kernel = k.name;
  o.reply.actors = k.actor_count;
  o.reply.bytes = bytes_of(o.placed);
  o.last_use = clock::now();
  return operation_.emplace(std::move(o));
}

void operations::require_all_actors(const model::kernel& k) {
  if (k.sync == synchrony::independent || board_.is_asked_to_end(k.id)) return;
  const auto records = records_of(k);
  const auto is_away = [](const abi::actor_record& r) {
    return r.state == abi::actor_state::finished || r.state == abi::actor_state::failed;
  };
  const auto away = std::count_if(records.begin(), records.end(), is_away);
  if (away == 0 || away == std::ssize(records)) return;
  throw error("kernel '" + k.name +
              "' has no common safe point any more: " + model::describe_actors(records, is_away));
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
      o.reply.absent = whereabouts(o);
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
  return read_word(&symbols_.view_of(k.id).control->agreement.operation);
}

std::uint64_t operations::parking_of(const model::kernel& k) {
  return read_word(&symbols_.view_of(k.id).control->parking.parked);
}

void operations::ask(operation& o) {
  if (has_ended(o.kernel)) {
    // What a preemption comes to then, its end says: see look().
    if (!abi::has(o.flags, abi::operation_flag::preempt)) finish_at_rest(o);
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
    if (pages != nullptr) pages += p.pages();
  }
  // From here on actors may write there.
  if (!o.placed.empty()) held_cut_.reset();
  copier_->write(reinterpret_cast<std::byte*>(regions_),
                 reinterpret_cast<const std::byte*>(regions.data()),
                 regions.size() * sizeof(abi::copy_region));
  board_.ask(o.kernel.id, o.reply.operation,
             {regions_, static_cast<std::uint32_t>(regions.size()), o.flags});
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

}  // namespace rk::host
