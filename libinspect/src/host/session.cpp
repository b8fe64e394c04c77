#include <rk/error.hpp>
#include <rk/host/session.hpp>

#include "host/names.hpp"
#include "host/session_core.hpp"

namespace rk {
namespace {

/// Block numbers of a grid, tile by tile.
std::vector<std::vector<std::uint32_t>> tiles_of(const std::string& name, extent3 grid,
                                                 extent3 tile) {
  host::check_launch(name, grid, {});
  host::check_launch(name, tile, {});
  const auto count = [](std::uint32_t blocks, std::uint32_t of) { return (blocks + of - 1) / of; };
  const extent3 tiles{count(grid.x, tile.x), count(grid.y, tile.y), count(grid.z, tile.z)};
  std::vector<std::vector<std::uint32_t>> members(tiles.count());
  for (std::uint32_t b = 0; b < grid.count(); ++b) {
    const index3 at{b % grid.x, b / grid.x % grid.y, b / (grid.x * grid.y)};
    members[(at.z / tile.z * tiles.y + at.y / tile.y) * tiles.x + at.x / tile.x].push_back(b);
  }
  return members;
}

}  // namespace

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

barrier_set session::create_barrier(const std::string& name,
                                    const std::vector<std::uint32_t>& members) {
  return core_->create_barriers(name, {members});
}

barrier_set session::create_neighborhoods(const std::string& name, extent3 grid, extent3 tile) {
  return core_->create_barriers(name, tiles_of(name, grid, tile));
}

neighbor_set session::create_neighbor_barrier(const std::string& name, const topology& t) {
  return core_->create_neighbor_barrier(name, t);
}

abi::mailbox_handle session::create_mailbox_bytes(const std::string& name, std::size_t bytes,
                                                  const topology& t,
                                                  const mailbox_options& options) {
  return core_->create_mailbox(name, bytes, t, options);
}

abi::coherent_handle session::create_coherent_bytes(const std::string& name,
                                                    const element_type& type, std::uint64_t count) {
  return core_->create_coherent_region(name, type, count);
}

post_office session::create_post_office(const std::string& name,
                                        const std::vector<std::uint32_t>& blocks,
                                        const post_office_options& options) {
  return core_->create_post_office(name, blocks, options);
}

abi::command_queue_handle session::create_queue(const std::string& name, std::size_t bytes,
                                                const command_queue_options& options) {
  return core_->create_queue(name, bytes, options);
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

void kernel::notify(std::uint32_t flags) {
  core_->notify(as_id(id_), flags);
}
bool kernel::wait_idle(std::chrono::nanoseconds limit) const {
  return core_->wait_idle(as_id(id_), limit);
}
abi::status kernel::post_words(const abi::command_queue_handle& queue, const std::uint64_t* words) {
  return core_->post(queue, words);
}
command_answer kernel::call_words(const abi::command_queue_handle& queue,
                                  const std::uint64_t* words, std::chrono::nanoseconds limit) {
  return core_->call(as_id(id_), queue, words, limit);
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
