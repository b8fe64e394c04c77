#include <cstddef>

#include <rk/abi/control_segment.hpp>
#include <rk/error.hpp>
#include <rk/host/remote_memory.hpp>

#include "backend/remote_segment.hpp"

namespace rk {

remote_memory::remote_memory() = default;
remote_memory::~remote_memory() = default;
remote_memory::remote_memory(remote_memory&&) noexcept = default;
remote_memory& remote_memory::operator=(remote_memory&&) noexcept = default;

void remote_memory::map(const model::catalogue& c, model::segment_id id,
                        const protocol::file_descriptor& descriptor) {
  for (const model::segment& s : c.segments) {
    if (s.id != id) continue;
    segments_[id] = s.what == model::segment::kind::cuda
                        ? backend::map_cuda_segment(descriptor.get(), s.bytes, c.target.gpu_uuid)
                        : backend::map_host_segment(descriptor.get(), s.bytes);
    return;
  }
  throw not_found("the catalogue has no segment of this number");
}

void remote_memory::map_control(const protocol::file_descriptor& descriptor) {
  if (control_) return;
  control_ = backend::map_host_segment(descriptor.get(), sizeof(abi::control_head));
}

bool remote_memory::session_has_ended() const {
  if (!control_) return false;
  std::uint64_t ended = 0;
  control_->read(offsetof(abi::control_head, ended), std::as_writable_bytes(std::span(&ended, 1)));
  return ended == 1;
}

void remote_memory::read(const model::location& from, std::span<std::byte> to) const {
  const auto found = segments_.find(from.segment);
  if (found == segments_.end()) throw not_found("this segment is not mapped");
  const std::uint64_t bytes = found->second->bytes();
  if (from.offset > bytes || to.size() > bytes - from.offset) {
    throw invalid_argument("a range outside of its segment");
  }
  found->second->read(from.offset, to);
}

}  // namespace rk
