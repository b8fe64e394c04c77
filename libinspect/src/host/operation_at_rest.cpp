#include <algorithm>

#include <rk/error.hpp>
#include <rk/model/snapshot.hpp>

#include "host/operations.hpp"

/// State of kernels that have left the device: it is read and changed where it lies, until a kernel
/// runs again.
namespace rk::host {

using protocol::operation_state;

bool operations::is_running(const model::kernel& k) {
  const model::kernel_state state = state_of_(k.id);
  if (state != model::kernel_state::unknown) return state == model::kernel_state::running;
  if (k.level == instrumentation::off) return !has_ended(k);  // nothing else is recorded
  const auto records = records_of(k);
  return std::any_of(records.begin(), records.end(), [](const abi::actor_record& r) {
    return r.state == abi::actor_state::running;
  });
}

std::string operations::other_writer(const model::kernel& k) {
  for (const model::kernel& other : symbols_.catalogue().kernels) {
    if (other.id == k.id) continue;
    // One that the program launches itself may begin at any moment, once and not again.
    const bool is_its_own = state_of_(other.id) == model::kernel_state::unknown;
    if (is_its_own ? !has_ended(other) : is_running(other)) return other.name;
  }
  return {};
}

void operations::finish_at_rest(operation& o) {
  const std::string writer = other_writer(o.kernel);
  if (!writer.empty()) {
    o.reply.state = operation_state::failed;
    o.reply.error = "kernel '" + o.kernel.name + "' is at rest, but kernel '" + writer +
                    "' is not and may be writing to the same symbols: ask at its safe point";
    return;
  }
  const std::vector<abi::actor_record> records = records_of(o.kernel);
  const auto failed = std::count_if(records.begin(), records.end(), [](const abi::actor_record& r) {
    return r.state == abi::actor_state::failed;
  });
  if (!o.is_load && failed != 0) {
    o.reply.state = operation_state::failed;
    o.reply.error = "kernel '" + o.kernel.name + "' failed (" + std::to_string(failed) +
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
  o.reply.step = model::completed_steps(records);
  o.reply.arrived = o.kernel.actor_count;
  o.reply.state = operation_state::done;
  if (!o.is_load) return;
  changed_at_rest_ = true;
  log_change(o);
}

void operations::copy_on_device(std::byte* to, const std::byte* from, std::uint64_t bytes) {
  std::vector<std::byte> held(std::min<std::uint64_t>(bytes, 4u << 20));
  for (std::uint64_t at = 0; at < bytes; at += held.size()) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes - at, held.size()));
    copier_->read(held.data(), from + at, part);
    copier_->write(to + at, held.data(), part);
  }
}

bool operations::holds_state_at_rest() const {
  return operation_ && operation_->reply.at_rest && !operation_->placed.empty();
}

void operations::require_no_change_at_rest() const {
  if (is_changing_at_rest_) throw busy("symbols are being given new values: try again");
}

void operations::give_up_state_at_rest() {
  require_no_change_at_rest();
  // Its records say what became of it only until the kernel runs again.
  if (operation_) look(*operation_);
  if (!holds_state_at_rest()) return;
  if (is_held(*operation_)) {
    throw busy("the state of kernel '" + operation_->kernel.name + "' is being read by operation " +
               std::to_string(operation_->reply.operation) + ": try again");
  }
  operation_.reset();
}

void operations::bring_back(const std::function<void()>& launch) {
  const std::lock_guard lock(mutex_);
  give_up_state_at_rest();
  launch();
}

void operations::start(const std::function<void()>& launch) {
  std::unique_lock lock(mutex_);
  released_.wait(
      lock, [this] { return !is_changing_at_rest_ && (!operation_ || operation_->drains == 0); });
  if (operation_) look(*operation_);
  if (holds_state_at_rest()) operation_.reset();
  launch();
}

void operations::change_at_rest(const std::function<void()>& change) {
  std::unique_lock lock(mutex_);
  for (const model::kernel& k : symbols_.catalogue().kernels) {
    if (is_running(k)) {
      throw error("kernel '" + k.name + "' is running: its symbols change at a safe point of it");
    }
  }
  give_up_state_at_rest();
  if (operation_ && operation_->reply.state == operation_state::staging) require_free();
  is_changing_at_rest_ = true;
  lock.unlock();
  const auto end = [this] {
    const std::lock_guard relock(mutex_);
    is_changing_at_rest_ = false;
    released_.notify_all();
  };
  try {
    change();
  } catch (...) {
    end();
    throw;
  }
  changed_at_rest_ = true;
  end();
}

}  // namespace rk::host
