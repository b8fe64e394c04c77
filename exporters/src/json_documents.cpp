#include <algorithm>

#include <rk/error.hpp>
#include <rk/exporters/json.hpp>
#include <rk/version.hpp>

namespace rk::exporters {
namespace {

json document(const char* name) {
  return {{"schema", std::string("rk-inspect/") + name + "/1"}, {"rk_version", version}};
}

json target_to_json(const model::target& t) {
  json j = {{"name", t.name},       {"pid", t.pid},       {"program", t.program},
            {"backend", t.backend}, {"device", t.device}, {"started_unix_ns", t.started_unix_ns}};
  if (!t.gpu_uuid.empty()) {
    j["gpu_index"] = t.gpu_index;
    j["gpu_uuid"] = t.gpu_uuid;
  }
  return j;
}

json symbol_to_json(const model::catalogue& c, const model::symbol& s) {
  const model::type& t = c.types[s.type];
  json j = {{"name", s.name},
            {"type", t.name},
            {"dtype", model::short_name(t)},
            {"shape", s.shape},
            {"bytes", s.bytes},
            {"lives_in", s.where ? "segment" : "program"},
            {"checkpoint", s.checkpoint},
            {"runtime", s.runtime}};
  if (!s.source.file.empty()) j["source"] = {{"file", s.source.file}, {"line", s.source.line}};
  if (!s.note.empty()) j["note"] = s.note;
  return j;
}

json extent_to_json(extent3 e) {
  return {e.x, e.y, e.z};
}

json actor_to_json(const model::actor_activity& a) {
  json j = {{"actor", a.index},
            {"state", model::to_string(a.record.state)},
            {"progress", a.record.progress},
            {"progress_age_seconds", a.progress_age_seconds},
            {"processor", a.record.processor}};
  if (a.steps_per_second) j["steps_per_second"] = *a.steps_per_second;
  if (a.record.state == abi::actor_state::failed)
    j["exit_status"] = model::to_string(a.record.exit_status);
  if (a.record.wait.kind != abi::wait_kind::none) {
    j["wait"] = {{"kind", model::to_string(a.record.wait.kind)},
                 {"object", a.record.wait.object},
                 {"expected", a.record.wait.expected},
                 {"observed", a.record.wait.observed},
                 {"seconds", a.wait_seconds},
                 {"source_line", a.record.wait.source_line}};
  }
  return j;
}

json kernels_to_json(const model::snapshot& shot,
                     const std::vector<model::kernel_activity>& activity) {
  json kernels = json::array();
  for (std::size_t i = 0; i < activity.size(); ++i) {
    const model::kernel& k = shot.catalogue.kernels.at(i);
    const model::kernel_activity& a = activity[i];
    json j = {{"name", k.name},
              {"state", model::to_string(a.state)},
              {"grid", extent_to_json(k.grid)},
              {"block", extent_to_json(k.block)},
              {"steps", a.steps},
              {"progress_age_seconds", a.progress_age_seconds}};
    if (a.steps_per_second) j["steps_per_second"] = *a.steps_per_second;
    if (!shot.kernels.at(i).error.empty()) j["error"] = shot.kernels[i].error;
    j["actors"] = json::array();
    for (const auto& actor : a.actors) j["actors"].push_back(actor_to_json(actor));
    kernels.push_back(std::move(j));
  }
  return kernels;
}

std::string state_of(const model::snapshot& shot) {
  std::string state = "idle";
  for (const auto& k : shot.kernels) {
    if (k.state == model::kernel_state::faulted) return "faulted";
    if (k.state == model::kernel_state::running || k.count(abi::actor_state::running) != 0) {
      state = "running";
    } else if (k.state == model::kernel_state::preempted && state != "running") {
      state = "preempted";
    } else if (state == "idle") {
      state = "finished";
    }
  }
  return state;
}

json sample_to_json(const prometheus::ClientMetric& m, bool is_counter) {
  json labels = json::object();
  for (const auto& l : m.label) labels[l.name] = l.value;
  return {{"labels", std::move(labels)},
          {"value", number_to_json(is_counter ? m.counter.value : m.gauge.value)}};
}

}  // namespace

target_entry describe_target(const std::string& name, std::uint64_t pid,
                             const model::snapshot& shot) {
  target_entry t;
  t.name = name;
  t.pid = pid;
  t.program = shot.catalogue.target.program;
  t.backend = shot.catalogue.target.backend;
  t.device = shot.catalogue.target.device;
  t.state = state_of(shot);
  t.kernels = shot.kernels.size();
  for (const auto& k : shot.kernels) t.steps = std::max(t.steps, k.steps());
  return t;
}

json targets_document(const std::vector<target_entry>& targets) {
  json j = document("targets");
  j["targets"] = json::array();
  for (const auto& t : targets) {
    json entry = {{"name", t.name},       {"pid", t.pid},         {"state", t.state},
                  {"program", t.program}, {"backend", t.backend}, {"device", t.device},
                  {"kernels", t.kernels}, {"steps", t.steps}};
    if (!t.error.empty()) entry["error"] = t.error;
    if (!t.cause.empty()) entry["cause"] = t.cause;
    j["targets"].push_back(std::move(entry));
  }
  return j;
}

json symbols_document(const model::catalogue& c) {
  json j = document("symbols");
  j["target"] = target_to_json(c.target);
  j["symbols"] = json::array();
  for (const auto& s : c.symbols) j["symbols"].push_back(symbol_to_json(c, s));
  return j;
}

json read_document(const model::catalogue& c, const reading& r) {
  const model::type& t = c.types[r.value.type];
  json j = document("read");
  j["target"] = c.target.name;
  j["expression"] = r.what.expression;
  j["type"] = t.name;
  j["dtype"] = model::short_name(t);
  j["shape"] = r.value.shape;
  j["consistency"] = r.consistency;
  j["read_unix_ns"] = r.unix_ns;
  if (r.step) j["step"] = *r.step;
  if (r.epoch) j["epoch"] = *r.epoch;
  if (r.pause_ns) j["pause_ns"] = *r.pause_ns;
  if (r.retries) j["retries"] = *r.retries;
  if (r.age_ns) j["age_ns"] = *r.age_ns;
  j["value"] = array_to_json(c.types, r.value);
  return j;
}

json actors_document(const model::snapshot& shot,
                     const std::vector<model::kernel_activity>& activity) {
  json j = document("actors");
  j["target"] = target_to_json(shot.catalogue.target);
  j["taken_unix_ns"] = shot.taken_unix_ns;
  j["kernels"] = kernels_to_json(shot, activity);
  return j;
}

std::string actors_note(const model::snapshot& shot) {
  constexpr std::size_t most = 4u << 20;
  std::string text = to_text(actors_document(shot, model::activity_of(shot)), -1);
  return text.size() > most ? std::string() : text;
}

json dump_document(const model::snapshot& shot, const std::vector<dumped_symbol>& symbols) {
  const model::catalogue& c = shot.catalogue;
  json j = document("dump");
  j["target"] = target_to_json(c.target);
  j["taken_unix_ns"] = shot.taken_unix_ns;
  j["consistency"] = "live";
  j["kernels"] = kernels_to_json(shot, model::activity_of(shot));
  j["symbols"] = json::array();
  for (const auto& d : symbols) {
    const model::symbol* s = c.find(d.id);
    if (s == nullptr) throw incompatible("a dumped symbol is not in the catalogue");
    json entry = symbol_to_json(c, *s);
    if (d.value) {
      entry["value"] = array_to_json(c.types, *d.value);
    } else {
      entry["omitted"] = d.omitted;
    }
    j["symbols"].push_back(std::move(entry));
  }
  return j;
}

json metrics_document(const std::vector<prometheus::MetricFamily>& families) {
  json j = document("metrics");
  j["metrics"] = json::array();
  for (const auto& family : families) {
    const bool is_counter = family.type == prometheus::MetricType::Counter;
    json f = {
        {"name", family.name}, {"type", is_counter ? "counter" : "gauge"}, {"help", family.help}};
    f["samples"] = json::array();
    for (const auto& m : family.metric) f["samples"].push_back(sample_to_json(m, is_counter));
    j["metrics"].push_back(std::move(f));
  }
  return j;
}

json stop_document(const std::string& target, const std::string& kernel, bool abort) {
  json j = document("stop");
  j["target"] = target;
  j["kernel"] = kernel;
  j["request"] = abort ? "abort" : "stop";
  return j;
}

json checkpoint_document(const checkpoint_entry& c) {
  json j = document("checkpoint");
  j["path"] = c.path;
  j["id"] = c.info.id;
  j["target"] = c.info.catalogue.target.name;
  j["kernel"] = c.info.kernel;
  j["step"] = c.info.step;
  j["epoch"] = c.info.epoch;
  j["build_id"] = c.info.catalogue.target.build_id;
  j["created_unix_ns"] = c.info.created_unix_ns;
  j["stored_bytes"] = c.stored_bytes;
  if (!c.info.parent.empty()) j["base"] = {{"id", c.info.parent}, {"file", c.info.parent_file}};
  if (c.pause_ns) j["pause_ns"] = *c.pause_ns;
  j["symbols"] = json::array();
  for (const model::symbol& s : c.symbols) {
    const storage::tensor t = storage::tensor_of(c.info.catalogue, s);
    j["symbols"].push_back(
        {{"name", s.name}, {"dtype", t.dtype}, {"shape", t.shape}, {"bytes", t.bytes}});
  }
  return j;
}

namespace {
json change_document(const char* name, const change_entry& change) {
  json j = document(name);
  j["target"] = change.target;
  j["kernel"] = change.kernel;
  j["step"] = change.step;
  return j;
}
}  // namespace

json restore_document(const change_entry& change, const std::string& path,
                      const storage::checkpoint_info& from) {
  json j = change_document("restore", change);
  j["bytes"] = change.bytes;
  j["path"] = path;
  j["checkpoint_id"] = from.id;
  j["checkpoint_step"] = from.step;
  return j;
}

json changes_document(const model::catalogue& c) {
  json j = document("changes");
  j["target"] = c.target.name;
  j["changes"] = json::array();
  for (const model::change& change : c.changes) {
    j["changes"].push_back({{"unix_ns", change.unix_ns},
                            {"kernel", change.kernel},
                            {"step", change.step},
                            {"what", change.what},
                            {"bytes", change.bytes},
                            {"before", change.before},
                            {"after", change.after},
                            {"pid", change.pid},
                            {"user", change.user},
                            {"program", change.program}});
  }
  return j;
}

json preempt_document(const change_entry& change, std::chrono::nanoseconds took) {
  json j = change_document("preempt", change);
  j["seconds"] = std::chrono::duration<double>(took).count();
  return j;
}

json resume_document(const change_entry& change) {
  return change_document("resume", change);
}

json set_document(const change_entry& change, const std::string& expression,
                  const std::string& value) {
  json j = change_document("set", change);
  j["bytes"] = change.bytes;
  j["expression"] = expression;
  j["value"] = value;
  return j;
}

json diff_document(const std::string& before, const std::string& after,
                   const std::vector<compared_symbol>& symbols) {
  json j = document("diff");
  j["before"] = before;
  j["after"] = after;
  j["equal"] = std::all_of(symbols.begin(), symbols.end(),
                           [](const compared_symbol& c) { return c.state == "equal"; });
  j["symbols"] = json::array();
  for (const compared_symbol& c : symbols) {
    json entry{{"name", c.name}, {"shape", c.shape}, {"state", c.state}};
    if (c.difference) {
      const model::difference& d = *c.difference;
      entry["elements"] = d.elements;
      entry["changed"] = d.changed;
      if (d.first_changed) entry["first_changed"] = model::index_of(*d.first_changed, c.shape);
      entry["max_absolute"] = number_to_json(d.max_absolute);
      entry["max_relative"] = number_to_json(d.max_relative);
      entry["nan"] = {d.nan_before, d.nan_after};
      entry["infinite"] = {d.infinite_before, d.infinite_after};
    }
    j["symbols"].push_back(std::move(entry));
  }
  return j;
}

json forget_document(const std::vector<std::string>& targets) {
  json j = document("forget");
  j["forgotten"] = targets;
  return j;
}

}  // namespace rk::exporters
