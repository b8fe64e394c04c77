#include <rk/error.hpp>
#include <rk/host/session.hpp>

#include "host/session_core.hpp"

namespace rk {

session::session(session_options options)
    : core_(std::make_shared<host::session_core>(std::move(options))) {}

session::~session() {
  if (core_) core_->close();
}

session::session(session&&) noexcept = default;

const std::string& session::name() const noexcept {
  return core_->name();
}
backend_kind session::backend() const noexcept {
  return core_->device().kind();
}
std::string session::device_name() const {
  return core_->device().name();
}
std::uint32_t session::processor_count() const {
  return core_->device().processor_count();
}

void session::discover() {
  core_->symbols().discover();
}

device_view session::device_view(const std::string& kernel, extent3 grid, extent3 block,
                                 const launch_options& options) {
  launch_options named = options;
  named.name = kernel;
  return core_->view_for_program(named, grid, block);
}

void session::restore(const std::filesystem::path& checkpoint) {
  core_->restore(checkpoint);
}

void session::inspect(const std::string& symbol, void* buffer, std::size_t bytes) {
  core_->inspect(symbol, buffer, bytes);
}

abi::publication* session::publication(const std::string& symbol, std::uint32_t writers) {
  return core_->publication(symbol, writers);
}

void* session::allocate_bytes(const std::string& name, const element_type& type,
                              const shape& extents, bool checkpoint) {
  return core_->symbols().allocate(name, type, extents, checkpoint);
}

void session::expose_bytes(const std::string& name, const void* pointer, const element_type& type,
                           const shape& extents) {
  core_->symbols().expose(name, static_cast<const std::byte*>(pointer), type, extents);
}

std::uint64_t session::max_resident_blocks(const void* function, extent3 block) const {
  backend::launch_request request;
  request.name = "kernel";
  request.block = block;
  request.function = function;
  return core_->device().max_resident_blocks(request);
}

void session::require_version(const char* kernel, bool there) const {
  if (there) return;
  throw not_found("kernel '" + std::string(kernel) + "' was not compiled for the " +
                  std::string(to_string(backend())) +
                  " back-end: build its source with rk_target_kernels");
}

kernel session::launch_typed(const launch_options& options, extent3 grid, extent3 block,
                             host::typed_launch typed) {
  auto launched = core_->launch(options, grid, block, std::move(typed));
  return {core_, static_cast<std::uint32_t>(launched.id), std::move(launched.name)};
}

kernel::kernel(std::shared_ptr<host::session_core> core, std::uint32_t id, std::string name)
    : core_(std::move(core)), id_(id), name_(std::move(name)) {}

namespace {
model::kernel_id as_id(std::uint32_t id) {
  return static_cast<model::kernel_id>(id);
}
}  // namespace

enum kernel::state kernel::state() const {
  switch (core_->status(as_id(id_)).state) {
    case model::kernel_state::running:
    case model::kernel_state::unknown:
      return state::running;
    case model::kernel_state::preempted:
      return state::preempted;
    case model::kernel_state::finished:
      return state::finished;
    case model::kernel_state::faulted:
      return state::faulted;
  }
  return state::faulted;
}

std::string kernel::error() const {
  return core_->status(as_id(id_)).error;
}
std::uint64_t kernel::steps() const {
  return core_->steps(as_id(id_));
}
void kernel::stop() {
  core_->request(as_id(id_), abi::request::stop);
}
void kernel::abort() {
  core_->request(as_id(id_), abi::request::abort);
}
bool kernel::wait(std::chrono::nanoseconds limit) const {
  return core_->wait(as_id(id_), limit);
}

void kernel::wait() const {
  while (!wait(std::chrono::hours(1))) {
  }
}

preemption kernel::preempt(const preempt_options& options) {
  return core_->preempt(as_id(id_), options);
}
std::uint64_t kernel::resume(stream_handle stream) {
  return core_->resume(as_id(id_), stream);
}
std::uint64_t kernel::restore(const std::filesystem::path& checkpoint,
                              std::chrono::nanoseconds limit) {
  return core_->restore(as_id(id_), checkpoint, limit);
}

void kernel::inspect(const std::string& symbol, void* buffer, std::size_t bytes) const {
  core_->inspect(symbol, buffer, bytes);
}

}  // namespace rk
