#pragma once

#include <cstdint>
#include <string>

#include "host/memory_file.hpp"

namespace rk::host {

/// The control segment: a session's catalogue as text, where other processes read it and where it
/// outlives this one. For one writer at a time.
class catalogue_page {
 public:
  explicit catalogue_page(std::uint64_t owner_pid);

  /// Replaces the text; a reader sees the old one or the new one. Throws `rk::invalid_argument`,
  /// and replaces nothing, if it is longer than a catalogue can be.
  void publish(std::string text);
  /// Says that the session was closed with no actor at work.
  void mark_ended() noexcept;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// Descriptor to hand out, read-only; owned by the page.
  [[nodiscard]] int shared_descriptor() const noexcept { return shared_.get(); }

 private:
  memory_file file_;
  file_descriptor shared_;
  std::string text_;
};

}  // namespace rk::host
