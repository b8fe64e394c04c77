#include "model/enum_text.hpp"

namespace rk::model::detail {

std::string_view to_text(segment::kind kind) noexcept {
  switch (kind) {
    case segment::kind::host:
      return "host";
    case segment::kind::cuda:
      return "cuda";
  }
  return "unknown";
}

std::string_view to_text(synchrony sync) noexcept {
  switch (sync) {
    case synchrony::grid:
      return "grid";
    case synchrony::independent:
      return "independent";
    case synchrony::neighbors:
      return "neighbors";
  }
  return "unknown";
}

std::string_view to_text(instrumentation level) noexcept {
  switch (level) {
    case instrumentation::off:
      return "off";
    case instrumentation::progress:
      return "progress";
    case instrumentation::flight_recorder:
      return "flight_recorder";
    case instrumentation::everything:
      return "everything";
  }
  return "unknown";
}

std::string_view to_text(encoding how) noexcept {
  return to_string(how);
}

}  // namespace rk::model::detail
