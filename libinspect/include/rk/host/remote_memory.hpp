#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include <rk/model/catalogue.hpp>
#include <rk/protocol/file_descriptor.hpp>

namespace rk {

namespace backend {
class remote_segment;
}

/// The segments of another process, mapped to be read only. What is mapped can be read after that
/// process is gone, as it left it. On a GPU the first read makes a context, for which the driver
/// takes the GPU from a running kernel for about a millisecond; nothing is launched.
///
/// For one thread at a time.
class remote_memory {
 public:
  remote_memory();
  ~remote_memory();
  remote_memory(remote_memory&&) noexcept;
  remote_memory& operator=(remote_memory&&) noexcept;

  /// Maps a segment of `c`. The descriptor is no longer needed afterwards. Throws
  /// `rk::system_error`, `rk::cuda_error`, `rk::incompatible` if the memory is smaller than `c`
  /// says.
  void map(const model::catalogue& c, model::segment_id id,
           const protocol::file_descriptor& descriptor);
  /// Maps a session's control segment, once: what session_has_ended() asks. Throws as map() does.
  void map_control(const protocol::file_descriptor& descriptor);
  /// True if the session was closed with no actor at work. False if its control segment is not
  /// mapped.
  [[nodiscard]] bool session_has_ended() const;
  [[nodiscard]] bool holds(model::segment_id id) const { return segments_.contains(id); }

  /// Copies bytes; each aligned 8-byte word is whole. Throws `rk::not_found` for a segment that is
  /// not mapped, `rk::invalid_argument` for a range outside of it.
  void read(const model::location& from, std::span<std::byte> to) const;

 private:
  std::map<model::segment_id, std::unique_ptr<backend::remote_segment>> segments_;
  std::unique_ptr<backend::remote_segment> control_;
};

}  // namespace rk
