// The part of session_core that starts kernels, and brings them back.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include <rk/error.hpp>

#include "host/names.hpp"
#include "host/session_core.hpp"

namespace rk::host {

namespace {

/// Of a kernel that is launched again nobody is on the lookout, and nothing is decided yet; what
/// actors have heard of stays.
void clear_decisions(backend::copier& copier, const abi::bindings& bound, std::uint64_t actors) {
  const auto cleared = std::make_unique<abi::signal_control>();
  constexpr std::size_t from = offsetof(abi::signal_control, lookout);
  copier.write(reinterpret_cast<std::byte*>(bound.signals) + from,
               reinterpret_cast<const std::byte*>(cleared.get()) + from, sizeof *cleared - from);
  std::vector<abi::actor_signals> signals(actors);
  auto* at = reinterpret_cast<std::byte*>(bound.actors);
  auto* held = reinterpret_cast<std::byte*>(signals.data());
  copier.read(held, at, actors * sizeof(abi::actor_signals));
  for (abi::actor_signals& s : signals) s.outcomes = 0;
  copier.write(at, held, actors * sizeof(abi::actor_signals));
}

}  // namespace

session_core::launched_kernel session_core::launch(const launch_options& options, extent3 grid,
                                                   extent3 block, typed_launch typed) {
  backend::launch_request request;
  request.name = options.name.empty() ? "kernel" : options.name;
  request.grid = grid;
  request.block = block;
  request.function = typed.function;
  request.arguments = typed.arguments.data();
  request.body = typed.body;
  request.stream = options.stream;
  request.cooperative = options.cooperative;
  check_stream(request.name, options.stream);
  check_launch(request.name, grid, block);
  const std::uint64_t most = device_->max_resident_blocks(request);
  if (grid.count() > most) {
    throw invalid_argument("kernel '" + request.name + "': " + std::to_string(grid.count()) +
                           " blocks of " + std::to_string(block.count()) +
                           " threads cannot be resident at once on " + device_->name() +
                           ": at most " + std::to_string(most));
  }
  device_->check_room(request);
  registry::kernel_entry entry = add_kernel(options, grid, block);
  *typed.view = entry.view;
  request.on_fault = [this, id = entry.id] { post(id, abi::request::abort); };

  // Its arguments' addresses do not change when it is moved.
  launched made{entry.id, std::move(typed), std::move(request), nullptr, {}};
  operations_->start([&] { start(made); });
  registry_->mark_launched(entry.id);
  return {entry.id, std::move(entry.name)};
}

void session_core::check_stream(const std::string& kernel, stream_handle stream) const {
  if (stream == nullptr || device_->kind() == backend_kind::cuda) return;
  throw invalid_argument("kernel '" + kernel + "': the CPU back-end has no streams");
}

void session_core::start(launched& l) {
  const std::lock_guard lock(launched_mutex_);
  if (is_closing_) throw error("the session is closed");
  reset_what_kernels_left();
  launched_.push_back(std::move(l));
  try {
    launched_.back().kernel = device_->launch(launched_.back().request);
  } catch (...) {
    launched_.pop_back();
    throw;
  }
  const std::lock_guard copier_lock(copier_mutex_);
  is_restored_ = false;
}

void session_core::reset_what_kernels_left() {
  // Of a kernel that the program launches itself nobody knows when it runs.
  if (!of_program_.empty()) return;
  const bool is_idle = std::all_of(launched_.begin(), launched_.end(), [this](launched& l) {
    const model::kernel_state state = status_of(l).state;
    return state == model::kernel_state::finished || state == model::kernel_state::faulted;
  });
  if (!is_idle) return;
  reset_publications();
  const std::lock_guard lock(copier_mutex_);
  if (operations_->was_changed_at_rest()) is_restored_ = true;
  for (const initial_image& i : initial_images_) {
    if (!i.is_state || !is_restored_) {
      copier_->write(i.object, i.bytes.data(), i.bytes.size());
    } else if (i.departures.stride != 0) {
      // Who had left when they were saved, or since, is back.
      clear_departures(i);
    }
  }
}

void session_core::clear_departures(const initial_image& i) {
  std::vector<std::byte> held(i.bytes.size());
  copier_->read(held.data(), i.object, held.size());
  for (std::size_t at = 0; at < held.size(); at += i.departures.stride) {
    for (const std::size_t offset : i.departures.offsets) {
      std::memset(held.data() + at + offset, 0, sizeof(std::uint64_t));
    }
  }
  copier_->write(i.object, held.data(), held.size());
}

void session_core::reset_publications() {
  // An actor that left in the middle of a write took a bracket with it. Counts only grow: a reader
  // that copies meanwhile must not meet one again that it has seen.
  const std::lock_guard lock(copier_mutex_);
  for (abi::publication* p : publications_) {
    abi::publication now{};
    copier_->read(reinterpret_cast<std::byte*>(&now), reinterpret_cast<std::byte*>(p), sizeof now);
    const std::uint64_t whole = (now.begun + now.writers - 1) / now.writers * now.writers;
    copier_->write_word(&p->begun, whole);
    copier_->write_word(&p->ended, whole);
  }
}

device_view session_core::view_for_program(const launch_options& options, extent3 grid,
                                           extent3 block) {
  const registry::kernel_entry entry = add_kernel(options, grid, block);
  operations_->start([&] {
    const std::lock_guard lock(launched_mutex_);
    of_program_.push_back(entry.id);
  });
  return entry.view;
}

registry::kernel_entry session_core::add_kernel(const launch_options& options, extent3 grid,
                                                extent3 block) {
  // While no kernel runs: what a cut will need is taken now.
  operations_->prepare(shadow_bytes_);
  if (options.lookahead == 0 || (options.lookahead != 1 && options.sync != synchrony::neighbors)) {
    throw invalid_argument("kernel '" + options.name + "': a lookahead of " +
                           std::to_string(options.lookahead) +
                           ": 1, or with synchrony::neighbors what topology::reach() says");
  }
  const std::uint32_t kept = options.kept_events;
  const bool keeps_events = options.level >= instrumentation::flight_recorder;
  if (keeps_events && (kept < 16 || kept > abi::max_kept_events || !std::has_single_bit(kept))) {
    throw invalid_argument("kernel '" + options.name + "': " + std::to_string(kept) +
                           " kept events: a power of two from 16 to " +
                           std::to_string(abi::max_kept_events));
  }
  registry::kernel_entry entry = registry_->add_kernel(options, grid, block);
  const std::lock_guard lock(copier_mutex_);
  copier_->write(reinterpret_cast<std::byte*>(const_cast<abi::bindings*>(entry.view.bound)),
                 reinterpret_cast<const std::byte*>(&entry.bound), sizeof entry.bound);
  return entry;
}

std::uint64_t session_core::resume(model::kernel_id id, stream_handle stream) {
  std::uint64_t steps_before = 0;
  operations_->bring_back([&] {
    const std::lock_guard lock(launched_mutex_);
    if (is_closing_) throw error("the session is closing");
    launched& l = find(id);
    if (status_of(l).state != model::kernel_state::preempted) {
      throw error("kernel '" + l.request.name + "' was not preempted: there is nothing to resume");
    }
    check_stream(l.request.name, stream);
    steps_before = model::completed_steps(records_of(id));
    l.request.stream = stream;
    relaunch(l);
  });
  return steps_before;
}

void session_core::relaunch(launched& l) {
  // Nothing is asked of it, no barrier is half full; its records stay, so that steps count on.
  board_->clear(l.id);
  const abi::kernel_control cleared{};
  {
    const std::lock_guard copier_lock(copier_mutex_);
    copier_->write(reinterpret_cast<std::byte*>(registry_->view_of(l.id).control),
                   reinterpret_cast<const std::byte*>(&cleared), sizeof cleared);
    clear_decisions(*copier_, registry_->bindings_of(l.id), l.request.grid.count());
  }
  l.kernel = device_->launch(l.request);
  l.is_preempted.reset();
  relaunched_.notify_all();
}

}  // namespace rk::host
