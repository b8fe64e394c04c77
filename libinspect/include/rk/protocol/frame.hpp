#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rk::protocol {

/// Version of frames and messages. A side that meets another answers with an error and hangs up.
inline constexpr std::uint16_t version = 1;

enum class frame_kind : std::uint16_t {
  hello = 1,
  catalogue = 2,
  read = 3,
  status = 4,
  stop = 5,
  cut = 6,
  stage = 7,
  put = 8,
  operation = 9,
  preempt = 10,
  resume = 11,
  reply = 100,
  error = 101,
};

/// First bytes of every frame, little-endian on the wire: JSON text and raw bytes follow, in this
/// order.
struct frame_head {
  static constexpr std::uint32_t expected_magic = 0x314b'4b52;  // "RKK1"
  std::uint32_t magic = expected_magic;
  std::uint16_t version = protocol::version;
  std::uint16_t kind = 0;
  std::uint32_t request = 0;  ///< chosen by the asking side, given back in the reply
  std::uint32_t text_bytes = 0;
  std::uint32_t blob_bytes = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(frame_head) == 24);

struct frame {
  frame_kind kind = frame_kind::hello;
  std::uint32_t request = 0;
  std::string text;
  std::vector<std::byte> blob;
};

/// Longest parts of a frame that a side accepts.
struct frame_limits {
  std::uint32_t text_bytes;
  std::uint32_t blob_bytes;
};

/// What a session accepts from a client, and a client from a session.
inline constexpr frame_limits request_limits{1u << 20, 4u << 20};
inline constexpr frame_limits reply_limits{17u << 20, 4u << 20};

/// Most bytes that one read request may ask for.
inline constexpr std::uint64_t max_read_bytes = reply_limits.blob_bytes;
/// Most bytes that one `put` may bring.
inline constexpr std::uint64_t max_put_bytes = request_limits.blob_bytes;
/// Most ranges in one request.
inline constexpr std::size_t max_read_ranges = 4096;

/// Bytes of `f` on the wire.
[[nodiscard]] std::vector<std::byte> encode(const frame& f);

/// Takes bytes as they come and gives whole frames. Trusts nothing: the head is checked before any
/// memory is taken for what it announces.
class frame_reader {
 public:
  explicit frame_reader(frame_limits limits) : limits_(limits) {}

  /// Adds bytes from the wire.
  void feed(std::span<const std::byte> bytes);
  /// The next whole frame, if there is one. Throws `rk::incompatible` for a wrong magic, another
  /// version or a part over the limit; the connection is of no use after that.
  [[nodiscard]] std::optional<frame> next();

 private:
  frame_limits limits_;
  std::vector<std::byte> buffer_;
};

}  // namespace rk::protocol
