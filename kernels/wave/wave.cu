#include <rk/device.cuh>

#include "wave/bricks.cuh"
#include "wave/stripes.cuh"
#include "wave/wave.hpp"

__device__ __checkpoint__ static unsigned long long step_counter;
__device__ __debuggable__ static double energy;

namespace {

using namespace wave;

__device__ void sum_energy(const double* by_block, std::uint32_t blocks) {
  double sum = 0;
  for (std::uint32_t b = 0; b < blocks; ++b) sum += by_block[b];
  energy = sum;
}

__device__ bool is_done(const parameters& params, std::uint64_t step) {
  return params.steps != 0 && step >= params.steps;
}

/// One step of all actors together. False if a barrier failed.
__device__ bool step_together(rk::actor& self, const parameters& params, const fields& f,
                              const cell_walk& own, std::uint64_t step) {
  const bool first_thread = self.index == 0 && self.leader;
  if (step % energy_period == 0) {
    const double sum = energy_of_stripes(params, f, own);
    if (self.leader) f.energy_by_block[self.index] = sum;
    if (rk::grid_sync(self) != rk::status::ok) return false;
    if (first_thread) sum_energy(f.energy_by_block, self.view.actor_count);
  }
  update_velocities(params, f, own, impulse_sign(params, step));
  if (rk::grid_sync(self) != rk::status::ok) return false;
  update_pressures(f, own);
  if (first_thread) step_counter = step + 1;
  if (rk::grid_sync(self) != rk::status::ok) return false;
  if (first_thread && f.times != nullptr) time_step(*f.times);
  return true;
}

// Without bounds the registers of what safe points rarely do (cuts) would be every thread's, and
// only half as many blocks would be resident.
__global__ __launch_bounds__(512) void propagate_body(rk::device_view view, parameters params,
                                                      fields f) {
  rk::actor self = rk::start(view);
  const cell_walk own(params.size);
  std::uint64_t step = step_counter;  // not zero if it was restored
  while (rk::safe_point(self)) {
    if (rk::state_replaced(self)) step = step_counter;
    if (is_done(params, step)) break;
    if (!step_together(self, params, f, own, step)) break;
    ++step;
  }
  rk::finish(self);
}

/// As many steps as each command says.
__global__ __launch_bounds__(512) void propagate_on_command_body(
    rk::device_view view, parameters params, fields f, rk::command_queue<std::uint64_t> orders) {
  rk::actor self = rk::start(view);
  rk::command_reader<std::uint64_t> reader(self, orders);
  const cell_walk own(params.size);
  std::uint64_t step = step_counter;
  while (rk::safe_point(self)) {
    if (rk::state_replaced(self)) step = step_counter;
    std::uint64_t steps = 0;
    const rk::status got = reader.next(steps);
    if (got == rk::status::aborted) break;
    if (got != rk::status::ok) continue;
    const std::uint64_t end = step + steps;
    while (step < end && step_together(self, params, f, own, step)) ++step;
    if (step != end) break;
    // A barrier came since: the answer need order nothing.
    reader.acknowledge<rk::order::relaxed>(step);
  }
  rk::finish(self);
}

/// The energy, by actor 0; the others need not wait for it. Two rows, since those who are ahead
/// write the next one meanwhile.
__device__ bool gather_energy(rk::actor& self, rk::named_barrier& all, const fields& f,
                              std::uint64_t step, double of_brick) {
  double* row = f.energy_by_block + step / energy_period % 2 * self.view.actor_count;
  if (self.leader) row[self.index] = of_brick;
  if (all.arrive_if(self.index == 0) != rk::status::ok) return false;
  if (self.index == 0 && self.leader) sum_energy(row, self.view.actor_count);
  return true;
}

__global__ __launch_bounds__(256, 2) void propagate_in_bricks_body(rk::device_view view,
                                                                   parameters params, fields f,
                                                                   rk::mailbox_set<face> faces,
                                                                   rk::barrier_set everybody) {
  rk::actor self = rk::start(view);
  {
    rk::mailbox<face> box(self, faces);
    rk::named_barrier all(self, everybody);
    const brick own(params.size);
    const std::uint64_t limit_ns = view.wait_deadline_ns;
    std::uint64_t step = f.step_by_block[self.index];
    rk::status result = rk::status::ok;
    // What is on its way when the kernel leaves, or is saved, is not sent again.
    const bool has_sent = box.neighbor_count() == 0 || box.sent(0) != 0;
    if (!has_sent) result = send_faces(box, f, own, limit_ns);
    while (result == rk::status::ok && rk::safe_point(self)) {
      if (rk::state_replaced(self)) {
        box.reload();
        step = f.step_by_block[self.index];
      }
      if (is_done(params, step)) break;
      result = box.begin_recv_all(limit_ns);
      if (result != rk::status::ok) break;
      const ghosts others(box);
      if (step % energy_period == 0) {
        if (!gather_energy(self, all, f, step, energy_of_brick(params, f, own, others))) break;
      }
      const float sign = impulse_sign(params, step);
      own.for_each([&](const cell& c) {
        update_velocity(params, f, c, sign, neighbour_of(params, f, own, others, c));
      });
      box.end_recv_all();
      own.for_each([&](const cell& c) { f.pressure[c.index] += f.velocity[c.index]; });
      ++step;
      if (self.leader) f.step_by_block[self.index] = step;
      if (self.leader && self.index == 0) step_counter = step;
      result = send_faces(box, f, own, limit_ns);
      if (self.leader && self.index == 0 && f.times != nullptr) time_step(*f.times);
    }
  }
  rk::finish(self);
}

}  // namespace

RK_DEFINE_KERNEL(wave::propagate, propagate_body);
RK_DEFINE_KERNEL(wave::propagate_on_command, propagate_on_command_body);
RK_DEFINE_KERNEL(wave::propagate_in_bricks, propagate_in_bricks_body);
