#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rk/model/snapshot.hpp>

/// What stands in the JSON text of each kind of frame. Every parse function trusts nothing and
/// throws `rk::incompatible` naming the field that is wrong.
namespace rk::protocol {

/// How a request ended.
enum class reply_code : std::uint8_t {
  ok,
  invalid_argument,
  not_found,
  timeout,
  busy,
  incompatible,
  failed
};
[[nodiscard]] std::string_view to_string(reply_code code) noexcept;

/// Answer to `hello`. The descriptors that come with it are the control segment's, then one for
/// each of `segments`, in this order.
struct hello_reply {
  std::string session;
  std::uint64_t pid = 0;
  std::string rk_version;
  std::vector<model::segment_id> segments;
};
[[nodiscard]] std::string to_text(const hello_reply& m);
[[nodiscard]] hello_reply parse_hello_reply(std::string_view text);

/// Bytes of one symbol.
struct read_range {
  model::symbol_id symbol{};
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const read_range&, const read_range&) = default;
};
struct read_request {
  std::vector<read_range> ranges;
  std::uint64_t cut = 0;  ///< number of the cut to read from; 0: memory as it is now
};
[[nodiscard]] std::string to_text(const read_request& m);
[[nodiscard]] read_request parse_read_request(std::string_view text);

/// Answer to `read`: the ranges' bytes are the blob, one behind the other.
struct read_reply {
  std::string consistency;  ///< "live": each aligned 8-byte word is whole, nothing more; "cut"
  std::int64_t read_unix_ns = 0;
};
[[nodiscard]] std::string to_text(const read_reply& m);
[[nodiscard]] read_reply parse_read_reply(std::string_view text);

/// Answer to `status`.
struct status_reply {
  struct kernel {
    model::kernel_id id{};
    model::kernel_state state = model::kernel_state::unknown;
    std::string error;
  };
  std::uint64_t catalogue_revision = 0;
  std::int64_t unix_ns = 0;
  std::int64_t monotonic_ns = 0;
  std::vector<kernel> kernels;
};
[[nodiscard]] std::string to_text(const status_reply& m);
[[nodiscard]] status_reply parse_status_reply(std::string_view text);

/// Asks kernels to end: `kernel` by name, or all when empty. `abort` breaks waits at once.
struct stop_request {
  std::string kernel;
  bool abort = false;
};
[[nodiscard]] std::string to_text(const stop_request& m);
[[nodiscard]] stop_request parse_stop_request(std::string_view text);

/// Asks for a cut: all actors copy symbols to the shadow at one safe point, and go on or leave.
struct cut_request {
  std::string kernel;                     ///< empty: the only one that runs
  std::vector<model::symbol_id> symbols;  ///< empty: all that checkpoints contain
  bool leave = false;
  std::string base = {};  ///< id of the cut before, to be told what has changed since
};
[[nodiscard]] std::string to_text(const cut_request& m);
[[nodiscard]] cut_request parse_cut_request(std::string_view text);

/// Asks a kernel to leave the GPU until it is resumed; or resumes it.
struct kernel_request {
  std::string kernel;  ///< empty: the only one that runs
};
[[nodiscard]] std::string to_text(const kernel_request& m);
[[nodiscard]] kernel_request parse_kernel_request(std::string_view text);

/// Asks for room for new values of these ranges, which `put` brings and `commit` hands over.
struct stage_request {
  std::string kernel;
  std::vector<read_range> ranges;
  std::string what = {};  ///< for the log of changes
};
[[nodiscard]] std::string to_text(const stage_request& m);
[[nodiscard]] stage_request parse_stage_request(std::string_view text);

/// New values: the blob, from byte `offset` of the staged ranges on.
struct put_request {
  std::uint64_t operation = 0;
  std::uint64_t offset = 0;
};
[[nodiscard]] std::string to_text(const put_request& m);
[[nodiscard]] put_request parse_put_request(std::string_view text);

/// What else can be asked of an operation that was begun.
enum class operation_action : std::uint8_t {
  look,     ///< how far it is
  commit,   ///< all values are there: hand them over at the next safe point
  cancel,   ///< take it back, unless actors have begun
  hurry,    ///< of a preemption: waits for outside events give up now
  changes,  ///< of a cut that was compared: the blob is a `changed_range` for each change
  release,  ///< its result is no longer needed
};
[[nodiscard]] std::string_view to_text(operation_action a) noexcept;
struct operation_request {
  std::uint64_t operation = 0;
  operation_action action = operation_action::look;
};
[[nodiscard]] std::string to_text(const operation_request& m);
[[nodiscard]] operation_request parse_operation_request(std::string_view text);

/// Bytes that differ from the cut before; as they stand in the blob, little-endian.
struct changed_range {
  std::uint64_t symbol = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

enum class operation_state : std::uint8_t { staging, pending, done, cancelled, failed };
[[nodiscard]] std::string_view to_text(operation_state s) noexcept;

/// Answer to all of these: how far an operation is.
struct operation_reply {
  std::uint64_t operation = 0;
  operation_state state = operation_state::pending;
  std::string kernel;
  std::uint64_t arrived = 0;  ///< actors that have done their share
  std::uint64_t actors = 0;
  std::uint64_t step = 0;      ///< once done: steps that every actor had completed
  std::uint64_t pause_ns = 0;  ///< from the first actor's arrival until the last went on
  std::uint64_t bytes = 0;
  bool at_rest = false;                   ///< the kernel had ended: nothing had to be copied
  bool compared = false;                  ///< with the cut that was named as its base
  std::string id;                         ///< of a cut: the identity of a checkpoint made of it
  std::vector<model::symbol_id> symbols;  ///< of a cut
  std::string absent;                     ///< what actors that have not come are doing
  std::string error;                      ///< why it failed
};
[[nodiscard]] std::string to_text(const operation_reply& m);
[[nodiscard]] operation_reply parse_operation_reply(std::string_view text);

/// Text of an `error` frame.
struct error_reply {
  reply_code code = reply_code::failed;
  std::string message;
};
[[nodiscard]] std::string to_text(const error_reply& m);
[[nodiscard]] error_reply parse_error_reply(std::string_view text);

/// Throws the exception that stands for `e` in this process.
[[noreturn]] void throw_error(const error_reply& e);
/// What to answer for the exception that is being handled. Call inside a catch block.
[[nodiscard]] error_reply current_error();

}  // namespace rk::protocol
