#pragma once

#include <limits>
#include <string>

#include <rk/abi/barrier.hpp>
#include <rk/abi/command.hpp>
#include <rk/abi/mailbox.hpp>
#include <rk/exporters/metrics.hpp>

#include "exporters/values.hpp"

namespace rk::exporters::test {

template <class Record>
void add_object(model::snapshot& shot, const std::string& name, const char* type,
                const Record& record) {
  model::type t;
  t.name = type;
  t.how = model::encoding::structure;
  t.size = sizeof record;
  const auto id = shot.catalogue.types.add(std::move(t));
  model::symbol& s = model::test::add_symbol(shot.catalogue, name, id, {});
  s.runtime = true;
  shot.objects.push_back({s.id, bytes_of(record)});
}

/// A barrier of four, one of whom has left, at its tenth generation; a mailbox; a queue.
inline void add_objects(model::snapshot& shot) {
  abi::barrier_record barrier{};
  barrier.members = 4;
  barrier.left = 1;
  barrier.left_arrivals = 5;
  barrier.arrived = 5 + 3 * 10 + 2;
  add_object(shot, "rk.halo.barrier", "rk::abi::barrier_record", barrier);
  abi::mail_channel way{};
  way.sent = 107;
  way.taken = 100;
  way.rejected = 3;
  way.high_water = 8;
  way.queued_ns = 2'000;
  way.from = 1;
  way.to = 2;
  add_object(shot, "rk.ring.channels", "rk::abi::mail_channel", way);
  abi::command_counters queue{};
  queue.posted = 50;
  queue.acknowledged = 48;
  queue.rejected = 1;
  queue.depth = 64;
  add_object(shot, "rk.orders.commands", "rk::abi::command_counters", queue);
}

/// A target with one kernel of three actors, one of which waits and one is idle, the values of its
/// scalars, and one object of each kind.
[[nodiscard]] inline target_sample sample_target(const std::string& name) {
  target_sample sample;
  sample.target = name;
  sample.up = true;
  model::snapshot shot;
  shot.catalogue = model::test::sample_catalogue();
  shot.catalogue.target.name = name;
  shot.catalogue.target.device_clock_offset_ns = 0;
  shot.taken_monotonic_ns = 4'000'000'000;
  model::kernel_snapshot kernel;
  kernel.id = shot.catalogue.kernels.front().id;
  kernel.state = model::kernel_state::running;
  kernel.actors.resize(3);
  for (auto& actor : kernel.actors) {
    actor.state = abi::actor_state::running;
    actor.progress = 1'000'000;
    actor.heartbeat_ns = 3'500'000'000;
  }
  kernel.actors[1].wait.kind = abi::wait_kind::grid_barrier;
  kernel.actors[1].wait.since_ns = 3'750'000'000;
  kernel.actors[2].wait.kind = abi::wait_kind::idle;
  shot.kernels.push_back(kernel);
  add_objects(shot);
  shot.scalars.push_back({shot.catalogue.symbols.at(1).id, bytes_of(std::uint64_t{42})});
  sample.last = std::move(shot);
  sample.activity = model::activity_of(*sample.last);
  return sample;
}

/// One scrape with every metric of the catalogue, names that need escaping, and values beyond the
/// finite.
[[nodiscard]] inline std::vector<prometheus::MetricFamily> sample_scrape() {
  target_sample odd = sample_target("odd");
  model::catalogue& c = odd.last->catalogue;
  c.target.backend = "cpu";
  c.target.gpu_index = -1;
  c.target.gpu_uuid.clear();
  c.kernels.front().name = "quoted \"kernel\" \\ of two\nlines";
  const auto f64 = c.types.add_scalar("double", model::encoding::floating, 8);
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity(), 1e-300, 0.1}) {
    const auto& s =
        model::test::add_symbol(c, "value" + std::to_string(odd.last->scalars.size()), f64, {});
    odd.last->scalars.push_back({s.id, bytes_of(value)});
  }
  target_sample down;
  down.target = "down";
  return metric_families({sample_target("demo"), odd, down},
                         agent_sample{12.5, 1u << 20, 1000, 3, 0.002}, "host-1");
}

}  // namespace rk::exporters::test
