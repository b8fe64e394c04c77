#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <rk/abi/version.hpp>

namespace rk::abi {

/// What an actor says of itself. Zero is what memory holds before the actor has run at all.
enum class actor_state : std::uint32_t {
  not_started = 0,
  running = 1,
  finished = 2,
  failed = 3,
  preempted = 4,  ///< left its loop to go on when the kernel is launched again
};

/// What kind of thing an actor waits for.
enum class wait_kind : std::uint32_t {
  none = 0,
  grid_barrier = 1,
  user = 2,
  preemption = 3,  ///< for the other actors, at a safe point, to leave with them
  barrier = 4,     ///< of some actors: for the members that have not arrived
  neighbors = 5,   ///< `object` is the neighbour that has not arrived
  idle = 6,        ///< by design, for something to do: signals, commands
  room = 7,        ///< for the reader of a full mailbox; `object` is the neighbour
  message = 8,     ///< `object` is the neighbour that has not sent; its own number: any
};

/// How a device-side call ended. Zero is success.
enum class status : std::uint32_t {
  ok = 0,
  timed_out = 1,
  aborted = 2,
  preempted = 3,    ///< a wait gave up since its kernel is to leave the GPU; not a failure
  interrupted = 4,  ///< a wait for outside events gave up: something is asked at a safe point
  full = 5,         ///< no room; nothing was sent
  empty = 6,        ///< nothing is there
  gone = 7,         ///< the other side has left
  nobody = 8,       ///< there is no such place to send to
  wrong_size = 9,   ///< larger than the place it should go to
};

/// What an actor waits for right now. `kind` is written last on entry and first on exit, so a
/// record whose kind is not `none` describes a wait that was entered.
struct wait_record {
  wait_kind kind;
  std::uint32_t object;       ///< index of the waited-for object among those of its kind
  std::uint64_t expected;     ///< value that ends the wait
  std::uint64_t observed;     ///< value last seen, refreshed while waiting
  std::uint64_t since_ns;     ///< device clock at entry
  std::uint32_t source_line;  ///< line of the call in the kernel's source
  std::uint32_t reserved;
};

/// The last operation that an actor took part in. `number` is written last (release), when the
/// actor's share is done.
struct operation_record {
  std::uint64_t number;
  std::uint64_t step;      ///< progress at that safe point
  std::uint64_t begin_ns;  ///< device clock when the actor reached the safe point
  std::uint64_t end_ns;    ///< when it went on; zero if the operation was taken back
};

/// One actor's record: what inspection reads of it.
///
/// Protocol: the actor's leader thread is the only writer while the kernel runs; the host clears
/// the record before launch. Readers copy it at any time; each aligned 8-byte word is whole, the
/// record as a set of words is not.
struct alignas(line_bytes) actor_record {
  actor_state state;
  status exit_status;      ///< meaningful once `state` is `finished` or `failed`
  std::uint64_t progress;  ///< safe points passed, the first one not counted: completed iterations
  std::uint64_t heartbeat_ns;  ///< device clock at the last safe point
  std::uint64_t started_ns;    ///< device clock at start
  std::uint64_t finished_ns;   ///< device clock at finish, zero before
  std::uint32_t processor;     ///< streaming multiprocessor (CUDA), zero on the CPU back-end
  std::uint32_t reserved;
  wait_record wait;
  operation_record operation;
  std::uint64_t events;  ///< kept so far (abi::event), also those written over since
};

static_assert(sizeof(wait_record) == 40 && alignof(wait_record) == 8);
static_assert(sizeof(actor_record) == line_bytes && alignof(actor_record) == line_bytes);
static_assert(offsetof(actor_record, progress) == 8 && offsetof(actor_record, heartbeat_ns) == 16);
static_assert(offsetof(actor_record, wait) == 48 && offsetof(actor_record, operation) == 88);
static_assert(offsetof(actor_record, events) == 120);
static_assert(std::is_trivially_copyable_v<actor_record> &&
              std::is_standard_layout_v<actor_record>);

}  // namespace rk::abi
