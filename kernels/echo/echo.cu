#include <rk/device.cuh>

#include "echo/echo.hpp"

namespace {

__global__ __launch_bounds__(256) void answer_body(rk::device_view view,
                                                   rk::command_queue<echo::order> queue,
                                                   echo::statistics told) {
  rk::actor self = rk::start(view);
  rk::command_reader<echo::order> orders(self, queue);
  while (rk::safe_point(self)) {
    if (self.index != queue.owner) {
      if (rk::kernel_wait(self, rk::on::host_signal).result == rk::status::aborted) break;
      continue;
    }
    echo::order now{};
    const rk::status got = orders.next(now);
    if (got == rk::status::aborted) break;
    if (got != rk::status::ok) continue;
    // The answer says all: nothing else has to be visible with it.
    orders.acknowledge<rk::order::relaxed>(now.value);
    if (self.leader) {
      *told.last_value = now.value;
      *told.answered += 1;
    }
  }
  rk::finish(self);
}

}  // namespace

RK_DEFINE_KERNEL(echo::answer, answer_body);
