#include <bit>
#include <cstring>

#include <rk/error.hpp>
#include <rk/protocol/frame.hpp>

namespace rk::protocol {

// Both ends are on one machine; a big-endian port would swap here.
static_assert(std::endian::native == std::endian::little);

namespace {

void check(const frame_head& head, frame_limits limits) {
  if (head.magic != frame_head::expected_magic) {
    throw incompatible("not an rk-inspect frame: wrong first bytes");
  }
  if (head.version != version) {
    throw incompatible("the other side speaks protocol " + std::to_string(head.version) +
                       ", this one " + std::to_string(version) +
                       ": use the same version of rk-inspect on both");
  }
  if (head.text_bytes > limits.text_bytes || head.blob_bytes > limits.blob_bytes) {
    throw incompatible("frame too large: " + std::to_string(head.text_bytes) +
                       " bytes of text and " + std::to_string(head.blob_bytes) +
                       " of data, limits " + std::to_string(limits.text_bytes) + " and " +
                       std::to_string(limits.blob_bytes));
  }
}

}  // namespace

std::vector<std::byte> encode(const frame& f) {
  frame_head head;
  head.kind = static_cast<std::uint16_t>(f.kind);
  head.request = f.request;
  head.text_bytes = static_cast<std::uint32_t>(f.text.size());
  head.blob_bytes = static_cast<std::uint32_t>(f.blob.size());
  std::vector<std::byte> bytes(sizeof head + f.text.size() + f.blob.size());
  std::memcpy(bytes.data(), &head, sizeof head);
  if (!f.text.empty()) std::memcpy(bytes.data() + sizeof head, f.text.data(), f.text.size());
  if (!f.blob.empty()) {
    std::memcpy(bytes.data() + sizeof head + f.text.size(), f.blob.data(), f.blob.size());
  }
  return bytes;
}

void frame_reader::feed(std::span<const std::byte> bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<frame> frame_reader::next() {
  frame_head head;
  if (buffer_.size() < sizeof head) return std::nullopt;
  std::memcpy(&head, buffer_.data(), sizeof head);
  check(head, limits_);
  const std::size_t total = sizeof head + head.text_bytes + head.blob_bytes;
  if (buffer_.size() < total) {
    buffer_.reserve(total);
    return std::nullopt;
  }
  frame f;
  f.kind = static_cast<frame_kind>(head.kind);
  f.request = head.request;
  const auto* text = reinterpret_cast<const char*>(buffer_.data() + sizeof head);
  f.text.assign(text, head.text_bytes);
  const auto blob = buffer_.begin() + static_cast<std::ptrdiff_t>(sizeof head + head.text_bytes);
  f.blob.assign(blob, blob + static_cast<std::ptrdiff_t>(head.blob_bytes));
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(total));
  return f;
}

}  // namespace rk::protocol
