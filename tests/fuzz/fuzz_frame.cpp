// libFuzzer target: whatever comes over a socket, in whatever pieces, frames and messages are read
// or refused, and what was accepted is said again the same way.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rk/error.hpp>
#include <rk/protocol/frame.hpp>
#include <rk/protocol/message.hpp>

namespace {

using namespace rk::protocol;

void require(bool holds) {
  if (!holds) std::abort();
}

/// What one side sends is one line, cut where it is too long: said twice, it no longer changes.
template <class Message>
void check_message(Message (*parse)(std::string_view), std::string_view text) {
  std::optional<Message> message;
  try {
    message = parse(text);
  } catch (const rk::incompatible&) {
    return;
  }
  const std::string once = to_text(parse(to_text(*message)));
  require(to_text(parse(once)) == once);
}

void check_messages(std::string_view text) {
  check_message(parse_hello_reply, text);
  check_message(parse_read_request, text);
  check_message(parse_read_reply, text);
  check_message(parse_status_reply, text);
  check_message(parse_stop_request, text);
  check_message(parse_error_reply, text);
}

/// Bytes of the pieces in which the wire brings the input: never the same twice, but the same each
/// run.
class piece_sizes {
 public:
  explicit piece_sizes(std::uint32_t seed) : state_(seed) {}
  [[nodiscard]] std::size_t next() {
    state_ = static_cast<std::uint32_t>(state_ * 1'664'525ull + 1'013'904'223ull);
    return 1 + (state_ >> 24) % 61;
  }

 private:
  std::uint32_t state_;
};

/// Frames that `bytes` hold, up to the first thing that is none.
[[nodiscard]] std::vector<frame> read_frames(std::span<const std::byte> bytes, frame_limits limits,
                                             piece_sizes sizes) {
  frame_reader reader(limits);
  std::vector<frame> frames;
  try {
    while (!bytes.empty()) {
      const std::size_t size = std::min(bytes.size(), sizes.next());
      reader.feed(bytes.first(size));
      bytes = bytes.subspan(size);
      while (auto f = reader.next()) {
        require(f->text.size() <= limits.text_bytes && f->blob.size() <= limits.blob_bytes);
        frames.push_back(std::move(*f));
      }
    }
  } catch (const rk::incompatible&) {
    // Of no use from here on.
  }
  return frames;
}

[[nodiscard]] std::vector<std::byte> encode_all(const std::vector<frame>& frames) {
  std::vector<std::byte> bytes;
  for (const frame& f : frames) {
    const std::vector<std::byte> one = encode(f);
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const std::uint32_t seed = size == 0 ? 0 : data[size - 1];
  for (const frame_limits limits : {request_limits, reply_limits}) {
    const std::vector<frame> frames = read_frames(bytes, limits, piece_sizes(seed));
    const std::vector<frame> again = read_frames(encode_all(frames), limits, piece_sizes(seed + 1));
    require(encode_all(again) == encode_all(frames));
    for (const frame& f : frames) check_messages(f.text);
  }
  check_messages({reinterpret_cast<const char*>(data), size});
  return 0;
}
