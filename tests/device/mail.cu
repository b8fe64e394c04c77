#include <rk/device.cuh>

#include "device/mail.hpp"

namespace probe {
namespace {

constexpr std::uint64_t patience_ns = 1'000'000'000'000;

/// Something to look at that only release and acquire carry along: each actor's own row.
__device__ letter letter_to(const rk::actor& self, std::uint32_t to, std::uint64_t number) {
  return {number, self.index, to, ~number};
}

__device__ void check(const rk::actor& self, const mail_history& h, const letter& l,
                      std::uint32_t from, std::uint64_t number) {
  if (!self.leader) return;
  ++h.received[self.index];
  const bool is_right =
      l.number == number && l.complement == ~number && l.from == from && l.to == self.index;
  if (!is_right) ++h.wrong[self.index];
}

__device__ bool happens(const rk::actor& self, std::uint64_t round) {
  return self.index == 0 && round % 50 == 49;
}

__global__ void post_letters_body(rk::device_view view, mail_history h,
                                  rk::mailbox_set<letter> set) {
  rk::actor self = rk::start(view);
  rk::mailbox<letter> box(self, set);
  std::uint64_t round = 0;
  std::uint64_t number = 0;  // of the next letter, if none was sent twice or dropped
  std::uint32_t sent_to = 0;
  std::uint32_t taken_from = 0;
  rk::status result = rk::status::ok;
  while (rk::safe_point(self) && round < h.rounds) {
    const std::uint32_t n = box.neighbor_count();
    for (; result == rk::status::ok && sent_to < n; ++sent_to) {
      if (h.fault == mail_fault::drops && happens(self, round)) continue;
      result = box.send(sent_to, letter_to(self, box.neighbor(sent_to), number), patience_ns);
      if (result == rk::status::ok && h.fault == mail_fault::sends_twice && happens(self, round)) {
        result = box.send(sent_to, letter_to(self, box.neighbor(sent_to), number), patience_ns);
      }
      if (result != rk::status::ok) break;
      if (self.leader) ++h.sent[self.index];
    }
    for (; result == rk::status::ok && taken_from < n; ++taken_from) {
      letter l{};
      result = box.recv(taken_from, l, patience_ns);
      if (result != rk::status::ok) break;
      check(self, h, l, box.neighbor(taken_from), round);
    }
    if (result == rk::status::interrupted) {
      result = rk::status::ok;
      continue;
    }
    if (result != rk::status::ok) break;
    sent_to = taken_from = 0;
    ++round;
    ++number;
  }
  rk::finish(self);
}

__global__ void exchange_letters_body(rk::device_view view, mail_history h,
                                      rk::mailbox_set<letter> set) {
  rk::actor self = rk::start(view);
  rk::mailbox<letter> box(self, set);
  for (std::uint64_t round = h.received[self.index] / 4; round < h.rounds && rk::safe_point(self);
       ++round) {
    letter out[6]{};
    letter in[6]{};
    for (std::uint32_t i = 0; i < box.neighbor_count(); ++i) {
      out[i] = letter_to(self, box.neighbor(i), round);
    }
    rk::status result = box.exchange(out, in, patience_ns);
    while (result == rk::status::interrupted && rk::safe_point(self)) {
      result = box.exchange(out, in, patience_ns);
    }
    if (result != rk::status::ok) break;
    for (std::uint32_t i = 0; i < box.neighbor_count(); ++i) {
      check(self, h, in[i], box.neighbor(i), round);
    }
  }
  rk::finish(self);
}

__global__ void post_parcels_body(rk::device_view view, mail_history h,
                                  rk::mailbox_set<parcel> set) {
  rk::actor self = rk::start(view);
  rk::mailbox<parcel> box(self, set);
  const std::uint32_t threads = rk::block_extent().x;
  for (std::uint64_t round = 0; round < h.rounds && rk::safe_point(self); ++round) {
    rk::status how = rk::status::ok;
    for (std::uint32_t i = 0; i < box.neighbor_count(); ++i) {
      parcel* to = box.begin_send(i, how, patience_ns);
      if (to == nullptr) break;
      for (std::uint32_t w = rk::linear_thread_index(); w < 100; w += threads) {
        to->words[w] = round * 1000 + self.index + w;
      }
      box.end_send(i);
    }
    for (std::uint32_t i = 0; how == rk::status::ok && i < box.neighbor_count(); ++i) {
      const parcel* from = box.begin_recv(i, how, patience_ns);
      if (from == nullptr) break;
      bool is_wrong = false;
      for (std::uint32_t w = rk::linear_thread_index(); w < 100; w += threads) {
        is_wrong |= from->words[w] != round * 1000 + box.neighbor(i) + w;
      }
      is_wrong = rk::block_sync_or(is_wrong);
      box.end_recv(i);
      if (self.leader) {
        ++h.received[self.index];
        if (is_wrong) ++h.wrong[self.index];
      }
    }
    if (how != rk::status::ok) break;
  }
  rk::finish(self);
}

__global__ void gather_body(rk::device_view view, mail_history h, rk::mailbox_set<letter> set) {
  rk::actor self = rk::start(view);
  rk::mailbox<letter, 8> box(self, set);
  std::uint64_t next[8]{};
  std::uint64_t number = 0;
  while (rk::safe_point(self)) {
    if (self.index != 0) {
      if (number == h.rounds) break;
      const rk::status sent = box.send(0, letter_to(self, 0, number), patience_ns);
      if (sent == rk::status::aborted) break;
      if (sent == rk::status::ok) ++number;
      continue;
    }
    letter l{};
    std::uint32_t from = 0;
    const rk::status got = box.recv_any(l, from, patience_ns);
    if (got == rk::status::gone || got == rk::status::aborted) break;
    if (got == rk::status::ok) check(self, h, l, box.neighbor(from), next[from]++);
  }
  rk::finish(self);
}

__global__ void overfill_body(rk::device_view view, std::uint64_t* results,
                              rk::mailbox_set<letter> set, bool leaves) {
  rk::actor self = rk::start(view);
  rk::mailbox<letter> box(self, set);
  while (rk::safe_point(self)) {
    if (self.index != 0) {
      if (leaves) break;
      rk::pause(2000);
      continue;
    }
    std::uint64_t sent = 0;
    rk::status how = rk::status::ok;
    while ((how = box.send(0, letter_to(self, 1, sent))) == rk::status::ok) ++sent;
    const std::uint64_t limit_ns = leaves ? patience_ns : 1'000'000;
    const rk::status after = box.send(0, letter_to(self, 1, sent), limit_ns);
    const rk::status nobody = box.send(9, letter_to(self, 1, sent));
    letter l{};
    const rk::status empty = box.recv(0, l);
    if (self.leader) {
      results[0] = sent;
      results[1] = static_cast<std::uint64_t>(how);
      results[2] = static_cast<std::uint64_t>(after);
      results[3] = static_cast<std::uint64_t>(nobody);
      results[4] = static_cast<std::uint64_t>(empty);
    }
    break;
  }
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::post_letters, probe::post_letters_body);
RK_DEFINE_KERNEL(probe::exchange_letters, probe::exchange_letters_body);
RK_DEFINE_KERNEL(probe::post_parcels, probe::post_parcels_body);
RK_DEFINE_KERNEL(probe::gather, probe::gather_body);
RK_DEFINE_KERNEL(probe::overfill, probe::overfill_body);
