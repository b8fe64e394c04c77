// The part of session_core that answers tools: one function for each kind of frame.
#include <numeric>

#include <unistd.h>

#include <rk/clock.hpp>
#include <rk/error.hpp>
#include <rk/version.hpp>

#include "host/session_core.hpp"

namespace rk::host {
namespace {

using protocol::frame_kind;

}  // namespace

answer session_core::handle(const protocol::frame& request) {
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
    server_copier_->read(to, registry_->address(r.symbol, r.offset, r.bytes), r.bytes);
    to += r.bytes;
  }
  a.frame.text = protocol::to_text(protocol::read_reply{"live", unix_ns()});
  return a;
}

protocol::status_reply session_core::current_status() {
  protocol::status_reply m;
  m.catalogue_revision = registry_->revision();
  m.unix_ns = unix_ns();
  m.monotonic_ns = monotonic_ns();
  const std::lock_guard lock(launched_mutex_);
  for (const launched& l : launched_) {
    const auto status = l.kernel->poll();
    m.kernels.push_back({l.id, status.state, status.error});
  }
  return m;
}

void session_core::handle_stop(const protocol::stop_request& request) {
  const abi::request asked = request.abort ? abi::request::abort : abi::request::stop;
  const model::catalogue known = registry_->catalogue();
  if (request.kernel.empty()) {
    for (const auto& k : known.kernels) post(k.id, asked);
    return;
  }
  const model::kernel* k = known.find_kernel(request.kernel);
  if (k == nullptr) {
    const std::string names = std::accumulate(
        known.kernels.begin(), known.kernels.end(), std::string(),
        [](std::string all, const auto& kernel) { return std::move(all) + " " + kernel.name; });
    throw not_found("no kernel '" + request.kernel + "'; there is" +
                    (names.empty() ? " none" : ":" + names));
  }
  post(k->id, asked);
}

}  // namespace rk::host
