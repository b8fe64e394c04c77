#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>

#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <rk/exporters/metrics.hpp>
#include <rk/model/objects.hpp>
#include <rk/version.hpp>

namespace rk::exporters {
namespace {

using labels = std::vector<prometheus::ClientMetric::Label>;

/// Collects samples under the names of the catalogue and gives them back in its order.
class family_set {
 public:
  void add(std::string_view name, labels with, double value) {
    const auto info = std::find_if(metric_catalogue().begin(), metric_catalogue().end(),
                                   [&](const metric_info& m) { return m.name == name; });
    if (info == metric_catalogue().end()) throw std::logic_error("no metric " + std::string(name));
    prometheus::ClientMetric sample;
    sample.label = std::move(with);
    if (info->type == prometheus::MetricType::Counter) {
      sample.counter.value = value;
    } else {
      sample.gauge.value = value;
    }
    samples_[info->name].push_back(std::move(sample));
  }

  [[nodiscard]] std::vector<prometheus::MetricFamily> take() {
    std::vector<prometheus::MetricFamily> families;
    for (const metric_info& m : metric_catalogue()) {
      const auto found = samples_.find(m.name);
      if (found == samples_.end()) continue;
      families.push_back(
          {std::string(m.name), std::string(m.help), m.type, std::move(found->second)});
    }
    return families;
  }

 private:
  std::map<std::string_view, std::vector<prometheus::ClientMetric>> samples_;
};

labels with(labels base, const char* name, std::string value) {
  const auto behind =
      std::find_if(base.begin(), base.end(), [](const auto& l) { return l.name == "backend"; });
  base.insert(behind, {name, std::move(value)});
  return base;
}

/// Named as the session is, not as its catalogue says: two targets must not share a series.
labels target_labels(const std::string& name, const model::target& t, const std::string& hostname) {
  return {{"target", name},
          {"backend", t.backend},
          {"gpu", t.gpu_index < 0 ? "" : std::to_string(t.gpu_index)},
          {"UUID", t.gpu_uuid},
          {"hostname", hostname}};
}

void add_kernel(family_set& set, const labels& of_target, const model::kernel& k,
                const model::kernel_snapshot& shot, const model::kernel_activity& activity) {
  const labels of_kernel = with(of_target, "kernel", k.name);
  set.add("rk_kernel_running", of_kernel, shot.state == model::kernel_state::running ? 1 : 0);
  set.add("rk_kernel_steps_total", of_kernel, static_cast<double>(activity.steps));
  set.add("rk_kernel_progress_age_seconds", of_kernel, activity.progress_age_seconds);
  using enum abi::actor_state;
  for (const auto state : {not_started, running, finished, failed}) {
    set.add("rk_kernel_actors", with(of_kernel, "state", std::string(model::to_string(state))),
            static_cast<double>(shot.count(state)));
  }
  const auto waiting = std::count_if(shot.actors.begin(), shot.actors.end(), model::is_waiting);
  const auto idle = std::count_if(shot.actors.begin(), shot.actors.end(), model::is_idle);
  set.add("rk_kernel_actors_waiting", of_kernel, static_cast<double>(waiting));
  set.add("rk_kernel_actors_idle", of_kernel, static_cast<double>(idle));
}

/// The first ones of each kind, under names that are there once.
template <class State, class Add>
void for_each_named(const std::vector<State>& states, Add add) {
  std::set<std::string_view> named;
  for (const State& s : states) {
    if (named.size() == max_exported_symbols) return;
    if (named.insert(s.name).second) add(s);
  }
}

void add_objects(family_set& set, const labels& of_target, const model::snapshot& shot) {
  const model::object_states states = model::objects_of(shot);
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  for_each_named(states.barriers, [&](const model::barrier_state& b) {
    // Every kernel has a grid barrier, used or not.
    if (b.generations == 0 && b.arrived == 0) return;
    const labels of = with(of_target, "barrier", b.name);
    set.add("rk_barrier_generations_total", of, number(b.generations));
    set.add("rk_barrier_arrived", of, number(b.arrived));
    set.add("rk_barrier_members", of, number(b.present));
  });
  for_each_named(states.mailboxes, [&](const model::mailbox_state& m) {
    const labels of = with(of_target, "mailbox", m.name);
    set.add("rk_mailbox_sent_total", of, number(m.sent));
    set.add("rk_mailbox_received_total", of, number(m.taken));
    set.add("rk_mailbox_rejected_total", of, number(m.rejected));
    set.add("rk_mailbox_messages", of, number(m.under_way));
    set.add("rk_mailbox_high_water", of, number(m.high_water));
    set.add("rk_mailbox_queueing_seconds", of, m.queueing_seconds);
  });
  for_each_named(states.queues, [&](const model::queue_state& q) {
    const labels of = with(of_target, "queue", q.name);
    set.add("rk_commands_posted_total", of, number(q.posted));
    set.add("rk_commands_acknowledged_total", of, number(q.acknowledged));
    set.add("rk_commands_rejected_total", of, number(q.rejected));
  });
}

void add_symbols(family_set& set, const labels& of_target, const model::snapshot& shot) {
  std::size_t exported = 0;
  for (const auto& value : shot.scalars) {
    const model::symbol* s = shot.catalogue.find(value.id);
    if (s == nullptr || exported == max_exported_symbols) continue;
    const double number = model::to_double(shot.catalogue.types[s->type], value.bytes);
    set.add("rk_symbol_value", with(of_target, "symbol", s->name), number);
    ++exported;
  }
}

void add_target(family_set& set, const target_sample& t, const std::string& hostname) {
  set.add("rk_target_up", {{"target", t.target}, {"hostname", hostname}}, t.up ? 1 : 0);
  if (!t.up || !t.last) return;
  const model::catalogue& c = t.last->catalogue;
  const labels of_target = target_labels(t.target, c.target, hostname);
  set.add("rk_target_start_time_seconds", of_target,
          static_cast<double>(c.target.started_unix_ns) * 1e-9);
  const std::size_t kernels =
      std::min({c.kernels.size(), t.last->kernels.size(), t.activity.size()});
  std::set<std::string_view> named;
  for (std::size_t i = 0; i < kernels; ++i) {
    // A session numbers kernels of one name; a catalogue that does not would spoil the whole
    // scrape.
    if (!named.insert(c.kernels[i].name).second) continue;
    add_kernel(set, of_target, c.kernels[i], t.last->kernels[i], t.activity[i]);
  }
  add_objects(set, of_target, *t.last);
  add_symbols(set, of_target, *t.last);
}

}  // namespace

std::string own_hostname() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::vector<prometheus::MetricFamily> metric_families(const std::vector<target_sample>& targets,
                                                      const std::optional<agent_sample>& agent,
                                                      const std::string& hostname) {
  family_set set;
  set.add("rk_build_info", {{"version", version}, {"hostname", hostname}}, 1);
  std::set<std::string_view> named;
  for (const auto& t : targets) {
    if (named.insert(t.target).second) add_target(set, t, hostname);
  }
  if (agent) {
    const labels own = {{"hostname", hostname}};
    set.add("rk_agent_targets", own, static_cast<double>(targets.size()));
    set.add("rk_agent_cpu_seconds_total", own, agent->cpu_seconds);
    set.add("rk_agent_resident_memory_bytes", own, static_cast<double>(agent->resident_bytes));
    set.add("rk_agent_samples_total", own, static_cast<double>(agent->samples));
    set.add("rk_agent_sample_errors_total", own, static_cast<double>(agent->sample_errors));
    set.add("rk_agent_sample_duration_seconds", own, agent->last_sample_seconds);
  }
  return set.take();
}

std::string metrics_text(const std::vector<prometheus::MetricFamily>& families) {
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace rk::exporters
