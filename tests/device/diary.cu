#include <rk/device.cuh>

#include "device/diary.hpp"

namespace probe {
namespace {

__global__ void busy_day_body(rk::device_view view, std::uint64_t rounds,
                              rk::mailbox_set<std::uint64_t> ring, rk::barrier_set all,
                              rk::neighbor_set near) {
  constexpr std::uint64_t patience_ns = 1'000'000'000'000;
  rk::actor self = rk::start(view);
  rk::mailbox<std::uint64_t> box(self, ring);
  rk::named_barrier meeting(self, all);
  rk::neighbor_barrier halo(self, near);
  for (std::uint64_t round = 0; rk::safe_point(self) && round < rounds; ++round) {
    std::uint64_t word = 0;
    if (box.send(1, round, patience_ns) != rk::status::ok) break;
    if (box.recv(0, word, patience_ns) != rk::status::ok) break;
    if (rk::grid_sync(self) != rk::status::ok) break;
    if (meeting.sync() != rk::status::ok) break;
    if (halo.sync() != rk::status::ok) break;
    rk::note(self, static_cast<std::uint32_t>(round), noted_value(round));
  }
  rk::finish(self);
}

__global__ void scribble_body(rk::device_view view) {
  rk::actor self = rk::start(view);
  std::uint64_t number = 0;
  while (rk::safe_point(self)) {
    for (std::uint64_t i = 0; i < notes_a_step; ++i, ++number) {
      rk::note(self, static_cast<std::uint32_t>(number), noted_value(number));
    }
  }
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::busy_day, probe::busy_day_body);
RK_DEFINE_KERNEL(probe::scribble, probe::scribble_body);
