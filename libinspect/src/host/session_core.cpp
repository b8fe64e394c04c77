#include "host/session_core.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

#include <unistd.h>

#include <rk/clock.hpp>
#include <rk/error.hpp>
#include <rk/protocol/socket.hpp>
#include <rk/storage/checkpoint_file.hpp>
#include <rk/version.hpp>

#include "host/build_id.hpp"
#include "host/names.hpp"

namespace rk::host {
namespace {

std::string program_name() {
  std::string name;
  std::ifstream("/proc/self/comm") >> name;
  return name.empty() ? "program" : name;
}

std::string default_name() {
  std::string name = program_name();
  for (char& c : name) {
    if (!protocol::is_valid_name(std::string("a") + c)) c = '_';
  }
  return "s" + std::to_string(::getpid()) + "-" + name;
}

model::target describe(const std::string& name, const backend::device& device) {
  model::target t;
  t.name = name;
  t.pid = static_cast<std::uint64_t>(::getpid());
  t.program = program_name();
  t.build_id = program_build_id();
  t.backend = to_string(device.kind());
  t.device = device.name();
  t.gpu_uuid = device.uuid();
  t.gpu_index = device.index();
  t.started_unix_ns = unix_ns();
  t.device_clock_offset_ns = device.clock_offset_ns();
  return t;
}

}  // namespace

session_core::session_core(session_options options)
    : device_(backend::open_device(options.backend ? *options.backend : default_backend(),
                                   options.device)),
      name_(options.name.empty() ? default_name() : std::move(options.name)),
      shadow_bytes_(options.shadow_bytes) {
  if (!protocol::is_valid_name(name_)) {
    throw invalid_argument(
        "session name '" + name_ +
        "': use 1 to 64 letters, digits, '.', '_', '-', not starting with '.' or '-'");
  }
  if (options.serve) claim_.emplace(protocol::runtime_directory(), name_);
  registry_ = std::make_unique<registry>(*device_, describe(name_, *device_));
  board_ = std::make_unique<request_board>(*registry_, *device_);
  operations_ = std::make_unique<operations>(*registry_, *device_, *board_,
                                             [this](model::kernel_id id) { return state_of(id); });
  operations_->prepare(shadow_bytes_.value_or(0));
  copier_ = device_->create_copier(backend::copier::usual_piece_bytes);
  if (!options.serve) return;
  server_copier_ = device_->create_copier(backend::copier::usual_piece_bytes);
  server_ = std::make_unique<server>(
      protocol::listen_unix(claim_->socket()),
      [this](const protocol::frame& f, const server::peer& from) { return handle(f, from); },
      [this] { drop_abandoned(); });
}

void session_core::drop_abandoned() noexcept {
  try {
    operations_->drop_abandoned();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "rk: session '%s': %s\n", name_.c_str(), e.what());
  }
}

session_core::~session_core() {
  close();
}

void session_core::require_open() {
  const std::lock_guard lock(launched_mutex_);
  if (closed_) throw error("the session of this kernel is gone");
}

protocol::operation_reply session_core::await(protocol::operation_reply begun,
                                              const protocol::patience& p) {
  const std::uint64_t number = begun.operation;
  return protocol::await_operation(std::move(begun), p, [&](protocol::operation_action action) {
    return operations_->act(number, action);
  });
}

session_core::launched& session_core::find(model::kernel_id id) {
  if (closed_) throw error("the session of this kernel is gone");
  const auto found = std::find_if(launched_.begin(), launched_.end(),
                                  [id](const launched& l) { return l.id == id; });
  if (found == launched_.end()) throw not_found("the session did not launch this kernel");
  return *found;
}

backend::running_kernel::status session_core::status_of(launched& l) {
  auto status = l.kernel->poll();
  if (status.state != model::kernel_state::finished) return status;
  if (!l.is_preempted) {
    const auto records = records_of(l.id);
    l.is_preempted = std::any_of(records.begin(), records.end(), [](const abi::actor_record& r) {
      return r.state == abi::actor_state::preempted;
    });
  }
  // One that was asked to end as well has ended.
  if (*l.is_preempted && board_->is_asked_to_end(l.id)) end_for_good(l);
  if (*l.is_preempted) status.state = model::kernel_state::preempted;
  return status;
}

void session_core::end_for_good(launched& l) {
  l.is_preempted = false;
  // Nobody else writes them any more, and whoever reads them later takes the kernel for ended.
  std::vector<abi::actor_record> records = records_of(l.id);
  for (abi::actor_record& r : records) {
    if (r.state == abi::actor_state::preempted) r.state = abi::actor_state::finished;
  }
  const std::lock_guard lock(copier_mutex_);
  copier_->write(reinterpret_cast<std::byte*>(registry_->view_of(l.id).actors),
                 reinterpret_cast<const std::byte*>(records.data()),
                 records.size() * sizeof(abi::actor_record));
}

backend::running_kernel::status session_core::status(model::kernel_id id) {
  const std::lock_guard lock(launched_mutex_);
  return status_of(find(id));
}

bool session_core::wait(model::kernel_id id, std::chrono::nanoseconds limit) {
  const auto until = protocol::after(limit);
  std::unique_lock lock(launched_mutex_);
  for (;;) {
    const auto run = find(id).kernel;
    lock.unlock();
    const auto left = until - std::chrono::steady_clock::now();
    if (!run->wait(std::max(std::chrono::nanoseconds(0), left))) return false;
    lock.lock();
    if (closed_) return true;
    if (find(id).kernel != run) continue;
    if (status_of(find(id)).state != model::kernel_state::preempted) return true;
    if (relaunched_.wait_until(lock, until) == std::cv_status::timeout) return false;
    if (closed_) return true;
  }
}

void session_core::request(model::kernel_id id, abi::request r) {
  require_open();
  post(id, r);
}

void session_core::post(model::kernel_id id, abi::request r) {
  // Under the lock, so that a kernel that is brought back meanwhile does not forget it.
  const std::lock_guard lock(launched_mutex_);
  board_->add(id, r);
  // A kernel that is not there to leave its loop has ended with that.
  for (launched& l : launched_) {
    if (l.id == id && l.is_preempted.value_or(false)) end_for_good(l);
  }
  relaunched_.notify_all();
}

std::vector<abi::actor_record> session_core::records_of(model::kernel_id id) {
  const device_view view = registry_->view_of(id);
  std::vector<abi::actor_record> records(view.actor_count);
  copy_out(reinterpret_cast<std::byte*>(records.data()),
           reinterpret_cast<const std::byte*>(view.actors),
           view.actor_count * sizeof(abi::actor_record));
  return records;
}

std::uint64_t session_core::steps(model::kernel_id id) {
  require_open();
  return model::completed_steps(records_of(id));
}

void session_core::inspect(const std::string& symbol, void* buffer, std::size_t bytes) {
  require_open();
  const model::symbol s = registry_->resolve(symbol);
  if (bytes != s.bytes) {
    throw invalid_argument(s.name + " has " + std::to_string(s.bytes) + " bytes, the buffer " +
                           std::to_string(bytes));
  }
  copy_out(static_cast<std::byte*>(buffer), registry_->address(s.id, 0, bytes), bytes);
}

void session_core::copy_out(std::byte* to, const std::byte* from, std::size_t bytes) {
  const std::lock_guard lock(copier_mutex_);
  copier_->read(to, from, bytes);
}

abi::publication* session_core::publication(const std::string& symbol, std::uint64_t writers) {
  if (writers == 0) throw invalid_argument(symbol + ": it is written by one block or more");
  abi::publication* p = registry_->publication(symbol);
  std::uint64_t known = 0;
  const std::lock_guard lock(copier_mutex_);
  copier_->read(reinterpret_cast<std::byte*>(&known), reinterpret_cast<std::byte*>(&p->writers),
                sizeof known);
  if (known == 0) {
    copier_->write_word(&p->writers, known = writers);
    publications_.push_back(p);
  }
  if (known == writers) return p;
  throw invalid_argument(symbol + ": its writers are " + std::to_string(known) + " blocks, not " +
                         std::to_string(writers));
}

}  // namespace rk::host
