#include <algorithm>

#include <rk/error.hpp>
#include <rk/storage/output.hpp>

namespace rk::storage {

void memory_output::write(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void memory_output::rewrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (offset > bytes_.size() || bytes.size() > bytes_.size() - offset) {
    throw invalid_argument("bytes that were not written cannot be written over");
  }
  std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace rk::storage
