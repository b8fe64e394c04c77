// The part of session_core that answers tools: one function for each kind of frame.
#include <algorithm>
#include <iterator>
#include <numeric>

#include <unistd.h>

#include <rk/clock.hpp>
#include <rk/error.hpp>
#include <rk/version.hpp>

#include "host/session_core.hpp"
#include "protocol/message_json.hpp"

namespace rk::host {
namespace {

using protocol::frame_kind;

}  // namespace

answer session_core::handle(const protocol::frame& request, const server::peer& from) {
  answer a;
  switch (request.kind) {
    case frame_kind::hello:
      a = handle_hello();
      break;
    case frame_kind::catalogue:
      a.frame.text = registry_->catalogue_text();
      break;
    case frame_kind::read:
      a = handle_read(protocol::parse_read_request(request.text));
      break;
    case frame_kind::status:
      a.frame.text = protocol::to_text(current_status());
      break;
    case frame_kind::stop:
      handle_stop(protocol::parse_stop_request(request.text));
      a.frame.text = "{}";
      break;
    case frame_kind::cut:
      a = handle_cut(protocol::parse_cut_request(request.text), from);
      break;
    case frame_kind::stage:
      a = handle_stage(protocol::parse_stage_request(request.text), from);
      break;
    case frame_kind::put:
      a = handle_put(request);
      break;
    case frame_kind::operation:
      a = handle_operation(protocol::parse_operation_request(request.text));
      break;
    case frame_kind::preempt:
      a = handle_preempt(protocol::parse_kernel_request(request.text), from);
      break;
    case frame_kind::resume:
      a = handle_resume(protocol::parse_kernel_request(request.text));
      break;
    case frame_kind::reply:
    case frame_kind::error:
    default:
      throw incompatible("frame kind " + std::to_string(static_cast<unsigned>(request.kind)) +
                         " is no request that this session knows");
  }
  a.frame.kind = frame_kind::reply;
  a.frame.request = request.request;
  return a;
}

answer session_core::handle_hello() {
  registry::descriptors shared = registry_->shared_descriptors();
  protocol::hello_reply m;
  m.session = name_;
  m.pid = static_cast<std::uint64_t>(::getpid());
  m.rk_version = rk::version;
  m.segments = std::move(shared.segments);
  answer a;
  a.frame.text = protocol::to_text(m);
  a.descriptors = std::move(shared.values);
  return a;
}

answer session_core::handle_read(const protocol::read_request& request) {
  std::uint64_t total = 0;
  for (const auto& r : request.ranges) {
    if (r.bytes > protocol::max_read_bytes - total) {
      throw invalid_argument("one read brings at most " + std::to_string(protocol::max_read_bytes) +
                             " bytes");
    }
    total += r.bytes;
  }
  answer a;
  a.frame.blob.resize(total);
  std::byte* to = a.frame.blob.data();
  for (const auto& r : request.ranges) {
    if (request.cut != 0) {
      operations_->read(request.cut, r, to);
    } else {
      server_copier_->read(to, registry_->address(r.symbol, r.offset, r.bytes), r.bytes);
    }
    to += r.bytes;
  }
  a.frame.text =
      protocol::to_text(protocol::read_reply{request.cut != 0 ? "cut" : "live", unix_ns()});
  return a;
}

namespace {

answer answer_with(const protocol::operation_reply& reply) {
  answer a;
  a.frame.text = protocol::to_text(reply);
  return a;
}

}  // namespace

answer session_core::handle_cut(const protocol::cut_request& request, const server::peer& from) {
  const model::kernel kernel = choose_kernel(request.kernel);
  const model::catalogue known = registry_->catalogue();
  std::vector<model::symbol> wanted;
  for (const model::symbol_id id : request.symbols) {
    const model::symbol* s = known.find(id);
    if (s == nullptr) throw not_found("a cut of a symbol that there is not");
    wanted.push_back(*s);
  }
  if (wanted.empty()) {
    std::copy_if(known.symbols.begin(), known.symbols.end(), std::back_inserter(wanted),
                 [](const model::symbol& s) { return s.checkpoint; });
  }
  return answer_with(operations_->begin_cut(kernel, wanted, request.leave, request.base, from));
}

answer session_core::handle_stage(const protocol::stage_request& request,
                                  const server::peer& from) {
  model::change entry;
  entry.what = protocol::detail::one_line(request.what);
  if (const auto who = from.lock()) {
    entry.pid = who->pid;
    entry.user = who->user;
    entry.program = protocol::detail::one_line(who->program);
  }
  return answer_with(operations_->begin_staging(choose_kernel(request.kernel), request.ranges,
                                                std::move(entry), from));
}

answer session_core::handle_put(const protocol::frame& request) {
  const protocol::put_request put = protocol::parse_put_request(request.text);
  return answer_with(operations_->put(put.operation, put.offset, request.blob));
}

answer session_core::handle_operation(const protocol::operation_request& request) {
  if (request.action == protocol::operation_action::changes) {
    const auto changes = operations_->changes(request.operation);
    const auto bytes = std::as_bytes(std::span(changes));
    answer a;
    a.frame.blob.assign(bytes.begin(), bytes.end());
    a.frame.text = "{}";
    return a;
  }
  return answer_with(operations_->act(request.operation, request.action));
}

answer session_core::handle_preempt(const protocol::kernel_request& request,
                                    const server::peer& from) {
  return answer_with(operations_->begin_preemption(choose_kernel(request.kernel), from));
}

answer session_core::handle_resume(const protocol::kernel_request& request) {
  const model::kernel kernel = choose_kernel(request.kernel);
  protocol::operation_reply reply;
  reply.step = resume(kernel.id, nullptr);
  reply.state = protocol::operation_state::done;
  reply.kernel = kernel.name;
  reply.actors = kernel.actor_count;
  return answer_with(reply);
}

model::kernel_state session_core::state_of(model::kernel_id id) {
  const std::lock_guard lock(launched_mutex_);
  const auto found = std::find_if(launched_.begin(), launched_.end(),
                                  [id](const launched& l) { return l.id == id; });
  if (found != launched_.end()) return status_of(*found).state;
  const bool is_of_program =
      std::find(of_program_.begin(), of_program_.end(), id) != of_program_.end();
  // One whose launch failed has ended before it began.
  return is_of_program ? model::kernel_state::unknown : model::kernel_state::finished;
}

protocol::status_reply session_core::current_status() {
  protocol::status_reply m;
  m.catalogue_revision = registry_->revision();
  m.unix_ns = unix_ns();
  m.monotonic_ns = monotonic_ns();
  const std::lock_guard lock(launched_mutex_);
  for (launched& l : launched_) {
    const auto status = status_of(l);
    m.kernels.push_back({l.id, status.state, status.error});
  }
  return m;
}

void session_core::handle_stop(const protocol::stop_request& request) {
  const abi::request asked = request.abort ? abi::request::abort : abi::request::stop;
  if (request.kernel.empty()) {
    for (const auto& k : registry_->catalogue().kernels) post(k.id, asked);
    return;
  }
  post(choose_kernel(request.kernel).id, asked);
}

model::kernel session_core::choose_kernel(const std::string& name) {
  const model::catalogue known = registry_->catalogue();
  const std::string names = std::accumulate(
      known.kernels.begin(), known.kernels.end(), std::string(),
      [](std::string all, const auto& kernel) { return std::move(all) + " " + kernel.name; });
  if (!name.empty()) {
    if (const model::kernel* k = known.find_kernel(name)) return *k;
    throw not_found("no kernel '" + name + "'; there is" + (names.empty() ? " none" : ":" + names));
  }
  if (known.kernels.empty()) throw not_found("this target has no kernel yet");
  if (known.kernels.size() == 1) return known.kernels.front();
  std::vector<model::kernel> running;
  std::copy_if(known.kernels.begin(), known.kernels.end(), std::back_inserter(running),
               [this](const model::kernel& k) {
                 const model::kernel_state state = state_of(k.id);
                 return state == model::kernel_state::running ||
                        state == model::kernel_state::preempted;
               });
  if (running.size() != 1) {
    throw invalid_argument("name the kernel (--kernel): there is" + names);
  }
  return running.front();
}

}  // namespace rk::host
