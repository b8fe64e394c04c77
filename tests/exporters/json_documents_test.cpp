#include <limits>

#include <gtest/gtest.h>

#include <rk/error.hpp>
#include <rk/exporters/json.hpp>
#include <rk/version.hpp>

#include "exporters/values.hpp"

namespace rk::exporters {
namespace {

using model::test::sample_catalogue;
using test::bytes_of;

/// Two actors: one waits at a barrier, one has failed.
model::snapshot sample_snapshot() {
  model::snapshot shot;
  shot.catalogue = sample_catalogue();
  shot.taken_unix_ns = 5;
  shot.taken_monotonic_ns = 2'000'000'012;
  model::kernel_snapshot kernel;
  kernel.id = shot.catalogue.kernels.front().id;
  kernel.state = model::kernel_state::running;
  kernel.actors.resize(2);
  kernel.actors[0].state = abi::actor_state::running;
  kernel.actors[0].progress = 9;
  kernel.actors[0].heartbeat_ns = 1'000'000'000;
  kernel.actors[0].wait = {abi::wait_kind::grid_barrier, 1, 20, 10, 1'500'000'000, 77, 0};
  kernel.actors[1].state = abi::actor_state::failed;
  kernel.actors[1].exit_status = abi::status::timed_out;
  kernel.actors[1].progress = 8;
  shot.kernels.push_back(kernel);
  return shot;
}

TEST(json_documents, carry_the_name_and_version_of_their_schema) {
  const auto shot = sample_snapshot();
  const auto schema = [](const json& j) { return j.at("schema").get<std::string>(); };
  EXPECT_EQ(schema(targets_document({})), "rk-inspect/targets/1");
  EXPECT_EQ(schema(symbols_document(shot.catalogue)), "rk-inspect/symbols/1");
  EXPECT_EQ(schema(actors_document(shot, {})), "rk-inspect/actors/1");
  EXPECT_EQ(schema(dump_document(shot, {})), "rk-inspect/dump/1");
  EXPECT_EQ(schema(metrics_document({})), "rk-inspect/metrics/1");
  EXPECT_EQ(schema(stop_document("demo", "", false)), "rk-inspect/stop/1");
  EXPECT_EQ(stop_document("demo", "", true).at("rk_version"), version);
}

TEST(json_documents, name_the_gpu_only_where_there_is_one) {
  model::catalogue c = sample_catalogue();
  EXPECT_EQ(symbols_document(c).at("target").at("gpu_uuid"), "GPU-1");
  c.target.gpu_uuid.clear();
  EXPECT_FALSE(symbols_document(c).at("target").contains("gpu_uuid"));
  EXPECT_FALSE(symbols_document(c).at("target").contains("gpu_index"));
}

TEST(json_documents, tell_symbols_in_segments_from_those_in_the_program) {
  const json symbols = symbols_document(sample_catalogue()).at("symbols");
  EXPECT_EQ(symbols.at(0).at("name"), "pressure");
  EXPECT_EQ(symbols.at(0).at("lives_in"), "segment");
  EXPECT_EQ(symbols.at(1).at("lives_in"), "program");
  EXPECT_EQ(symbols.at(1).at("checkpoint"), true);
  EXPECT_EQ(symbols.at(8).at("note"), "from another file");
}

TEST(json_documents, say_what_an_actor_waits_for_and_why_one_failed) {
  const auto shot = sample_snapshot();
  const json kernel = actors_document(shot, model::activity_of(shot)).at("kernels").at(0);
  EXPECT_EQ(kernel.at("state"), "running");
  EXPECT_EQ(kernel.at("steps"), 8);
  EXPECT_EQ(kernel.at("grid"), json({2, 1, 1}));
  const json& waits = kernel.at("actors").at(0).at("wait");
  EXPECT_EQ(waits.at("kind"), "grid_barrier");
  EXPECT_EQ(waits.at("expected"), 20);
  EXPECT_EQ(waits.at("source_line"), 77);
  EXPECT_DOUBLE_EQ(waits.at("seconds").get<double>(), 0.5);
  EXPECT_FALSE(kernel.at("actors").at(0).contains("exit_status"));
  EXPECT_FALSE(kernel.at("actors").at(1).contains("wait"));
  EXPECT_EQ(kernel.at("actors").at(1).at("exit_status"), "timed_out");
}

TEST(json_documents, give_rates_only_after_two_looks) {
  const auto before = sample_snapshot();
  auto now = before;
  now.taken_monotonic_ns += 1'000'000'000;
  now.kernels[0].actors[0].progress += 100;
  now.kernels[0].actors[1].progress += 100;
  const json once = actors_document(before, model::activity_of(before)).at("kernels").at(0);
  EXPECT_FALSE(once.contains("steps_per_second"));
  const json twice = actors_document(now, model::activity_of(now, &before)).at("kernels").at(0);
  EXPECT_DOUBLE_EQ(twice.at("steps_per_second").get<double>(), 100);
}

TEST(json_documents, hold_a_value_or_the_reason_why_it_is_not_there) {
  const auto shot = sample_snapshot();
  const auto& step = shot.catalogue.symbols.at(1);
  const auto& volume = shot.catalogue.symbols.at(10);
  const json symbols =
      dump_document(shot,
                    {{step.id, model::array_value{step.type, {}, bytes_of(std::uint64_t{42})}, ""},
                     {volume.id, std::nullopt, "too large"}})
          .at("symbols");
  EXPECT_EQ(symbols.at(0).at("value"), 42);
  EXPECT_FALSE(symbols.at(0).contains("omitted"));
  EXPECT_EQ(symbols.at(1).at("omitted"), "too large");
  EXPECT_FALSE(symbols.at(1).contains("value"));
}

TEST(json_documents, refuse_a_dumped_symbol_that_the_catalogue_does_not_have) {
  EXPECT_THROW(static_cast<void>(
                   dump_document(sample_snapshot(), {{model::symbol_id{999}, std::nullopt, ""}})),
               incompatible);
}

TEST(json_documents, describe_a_reading_with_its_shape_and_consistency) {
  const auto c = sample_catalogue();
  reading r;
  r.what = model::resolve(c, "cells[1:3].v[0]");
  r.value = {r.what.type, r.what.shape(), bytes_of(1.0F, 2.0F)};
  r.consistency = "live";
  const json j = read_document(c, r);
  EXPECT_EQ(j.at("target"), "demo");
  EXPECT_EQ(j.at("expression"), "cells[1:3].v[0]");
  EXPECT_EQ(j.at("dtype"), "f32");
  EXPECT_EQ(j.at("shape"), json({2}));
  EXPECT_EQ(j.at("value"), json({1, 2}));
}

TEST(json_documents, name_a_metric_value_that_json_cannot_hold) {
  prometheus::MetricFamily family{"rk_symbol_value", "help", prometheus::MetricType::Gauge, {}};
  family.metric.emplace_back();
  family.metric.back().gauge.value = std::numeric_limits<double>::quiet_NaN();
  family.metric.back().label = {{"symbol", "energy"}};
  const json sample = metrics_document({family}).at("metrics").at(0).at("samples").at(0);
  EXPECT_EQ(sample.at("value"), "NaN");
  EXPECT_EQ(sample.at("labels").at("symbol"), "energy");
}

TEST(describe_target, tells_idle_running_finished_and_faulted_apart) {
  auto shot = sample_snapshot();
  const auto state = [&] { return describe_target("demo", 1, shot).state; };
  EXPECT_EQ(state(), "running");
  EXPECT_EQ(describe_target("demo", 1, shot).steps, 8U);
  // A kernel that the program launched itself: only its actors tell.
  shot.kernels[0].state = model::kernel_state::unknown;
  EXPECT_EQ(state(), "running");
  shot.kernels[0].actors[0].state = abi::actor_state::finished;
  EXPECT_EQ(state(), "finished");
  shot.kernels[0].state = model::kernel_state::faulted;
  EXPECT_EQ(state(), "faulted");
  shot.kernels.clear();
  EXPECT_EQ(state(), "idle");
}

}  // namespace
}  // namespace rk::exporters
