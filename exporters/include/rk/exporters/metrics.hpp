#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include <rk/model/activity.hpp>
#include <rk/model/snapshot.hpp>

namespace rk::exporters {

/// One entry of the metric catalogue: the one place that names a metric. The exporter, the docs
/// table and the dashboards' check read it.
struct metric_info {
  std::string_view name;
  prometheus::MetricType type;
  std::string_view unit;    ///< base unit; empty for a count
  std::string_view labels;  ///< comma-separated
  std::string_view help;
};
[[nodiscard]] std::span<const metric_info> metric_catalogue();

/// What the exporter knows of one target at one moment.
struct target_sample {
  std::string target;
  bool up = false;
  std::optional<model::snapshot> last;  ///< last good snapshot; its values are exported while `up`
  std::vector<model::kernel_activity> activity;  ///< of `last`
};

/// The agent's own cost. Absent in a scrape that the CLI makes.
struct agent_sample {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t samples = 0;
  std::uint64_t sample_errors = 0;
  double last_sample_seconds = 0;
};

/// Symbols of one target that are exported as rk_symbol_value at most: labels stay bounded.
inline constexpr std::size_t max_exported_symbols = 256;

/// Value of the label `hostname` on this machine.
[[nodiscard]] std::string own_hostname();

/// Metric families in the catalogue's order; families without a sample are left out. Of several
/// targets of one name, or kernels of one name in a target, only the first is exported: a series is
/// written once.
[[nodiscard]] std::vector<prometheus::MetricFamily> metric_families(
    const std::vector<target_sample>& targets, const std::optional<agent_sample>& agent,
    const std::string& hostname);

/// The same in Prometheus' text format 0.0.4.
[[nodiscard]] std::string metrics_text(const std::vector<prometheus::MetricFamily>& families);

}  // namespace rk::exporters
