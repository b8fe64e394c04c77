#include <rk/device.cuh>

#include "device/office.hpp"

namespace probe {
namespace {

constexpr std::uint64_t patience_ns = 1'000'000'000'000;

/// Checks a note against what its sender wrote last to this actor. `expected[sender]` is its next
/// number.
__device__ void check_note(const rk::actor& self, const rk::actor_port& port, const mail_history& h,
                           const note& n, rk::actor_address from, std::uint64_t* expected) {
  if (!self.leader) return;
  ++h.received[self.index];
  std::uint64_t& next = expected[from.block];
  const bool is_right =
      n.number == next && n.complement == ~n.number && n.from == from && n.to == port.address();
  if (!is_right) ++h.wrong[self.index];
  next = n.number + 1;
}

/// Rows of `expected`: one for each actor, with a number for each that writes to it.
__global__ void correspond_body(rk::device_view view, mail_history h, rk::post_office office,
                                std::uint64_t* expected) {
  rk::actor self = rk::start(view);
  rk::actor_port port(self, office);
  const std::uint32_t actors = view.actor_count;
  const std::uint64_t others = actors - 1;
  std::uint64_t* row = expected + std::uint64_t{self.index} * actors;
  std::uint64_t written = h.sent[self.index];
  std::uint64_t taken = h.received[self.index];
  while (rk::safe_point(self) && (written < h.rounds || taken < h.rounds)) {
    rk::status result = rk::status::ok;
    if (written < h.rounds) {
      const auto to = static_cast<std::uint32_t>((self.index + 1 + written % others) % actors);
      const std::uint64_t number = written / others;
      const rk::actor_address address{office.device, 0, to};
      note n{number, port.address(), address, ~number};
      result = port.send(address, n);
      const bool happens = self.index == 0 && written % 50 == 49;
      if (result == rk::status::ok && happens && h.fault == mail_fault::sends_twice) {
        result = port.send(address, n, patience_ns);
      }
      if (result == rk::status::ok) {
        ++written;
        if (self.leader) h.sent[self.index] = written;
      }
      // Only a letter too many lets a reader leave before its last one.
      if (result == rk::status::aborted || result == rk::status::gone) break;
    }
    note n{};
    rk::actor_address from;
    const std::uint64_t limit_ns = written < h.rounds ? 0 : patience_ns;
    const rk::status got = taken < h.rounds ? port.recv(from, n, limit_ns) : rk::status::empty;
    if (got == rk::status::ok) {
      ++taken;
      check_note(self, port, h, n, from, row);
    } else if (got == rk::status::aborted || got == rk::status::timed_out) {
      break;
    } else if (result == rk::status::full) {
      rk::pause(2000);
    }
  }
  rk::finish(self);
}

/// Kernel 1: takes what comes from kernel 0, and answers its sender.
__global__ void answer_notes_body(rk::device_view view, mail_history h, rk::post_office office,
                                  std::uint64_t* expected) {
  rk::actor self = rk::start(view);
  rk::actor_port port(self, office);
  while (rk::safe_point(self)) {
    note n{};
    rk::actor_address from;
    const rk::status got = port.recv(from, n, 1'000'000);
    if (got == rk::status::aborted) break;
    if (got != rk::status::ok) continue;
    check_note(self, port, h, n, from, expected + std::uint64_t{self.index} * view.actor_count);
    const note answer{n.number, port.address(), from, ~n.number};
    if (port.send(from, answer, patience_ns) == rk::status::aborted) break;
  }
  rk::finish(self);
}

__device__ void say(const rk::actor& self, std::uint64_t* results, misuse what,
                    std::uint64_t value) {
  if (!self.leader) return;
  rk::atomic_store<rk::order::release, rk::scope::system>(results[static_cast<std::uint32_t>(what)],
                                                          value);
}

__device__ std::uint64_t number_of(rk::status s) {
  return static_cast<std::uint64_t>(s);
}

/// Actor 1: takes nothing, and leaves once actor 0 has filled its inbox.
__device__ void be_absent(rk::actor& self, const std::uint64_t* results) {
  const auto& sent = results[static_cast<std::uint32_t>(misuse::when_full)];
  static_cast<void>(rk::wait_at_least(self, sent, 1));
}

__device__ void misuse_all(rk::actor& self, std::uint64_t* results, const rk::post_office& office) {
  rk::actor_port port(self, office);
  const note n{};
  const parcel p{};
  const rk::actor_address other{office.device, 0, 1};
  say(self, results, misuse::no_such_block, number_of(port.send({office.device, 0, 99}, n)));
  say(self, results, misuse::no_such_kernel, number_of(port.send({office.device, 7, 0}, n)));
  say(self, results, misuse::too_large, number_of(port.send(other, p)));
  note taken{};
  rk::actor_address from;
  say(self, results, misuse::empty, number_of(port.recv(from, taken)));
  // To itself, which is an address as any other.
  static_cast<void>(port.send(port.address(), std::uint32_t{7}));
  say(self, results, misuse::other_size, number_of(port.recv(from, taken)));
  std::uint32_t bytes = 0;
  static_cast<void>(port.peek(from, bytes));
  say(self, results, misuse::peeked_bytes, bytes);
  std::uint64_t sent = 0;
  rk::status how = rk::status::ok;
  while ((how = port.send(other, n)) == rk::status::ok) ++sent;
  say(self, results, misuse::sent, sent);
  say(self, results, misuse::when_full, number_of(how));
  while (how == rk::status::full || how == rk::status::timed_out) {
    how = port.send(other, n, 100'000);
  }
  say(self, results, misuse::when_gone, number_of(how));
  say(self, results, misuse::done, 1);
}

__global__ void misuse_office_body(rk::device_view view, std::uint64_t* results,
                                   rk::post_office office) {
  rk::actor self = rk::start(view);
  if (rk::safe_point(self)) {
    if (self.index == 0) {
      misuse_all(self, results, office);
    } else {
      rk::actor_port port(self, office);
      be_absent(self, results);
    }
  }
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::correspond, probe::correspond_body);
RK_DEFINE_KERNEL(probe::answer_notes, probe::answer_notes_body);
RK_DEFINE_KERNEL(probe::misuse_office, probe::misuse_office_body);
