#include <array>

#include <rk/exporters/metrics.hpp>

namespace rk::exporters {
namespace {

using enum prometheus::MetricType;

constexpr std::string_view target_labels = "target,backend,gpu,UUID,hostname";
constexpr std::string_view kernel_labels = "target,kernel,backend,gpu,UUID,hostname";
constexpr std::string_view state_labels = "target,kernel,state,backend,gpu,UUID,hostname";
constexpr std::string_view symbol_labels = "target,symbol,backend,gpu,UUID,hostname";

constexpr std::string_view barrier_labels = "target,barrier,backend,gpu,UUID,hostname";
constexpr std::string_view mailbox_labels = "target,mailbox,backend,gpu,UUID,hostname";
constexpr std::string_view queue_labels = "target,queue,backend,gpu,UUID,hostname";

constexpr std::array catalogue = {
    metric_info{"rk_build_info", Gauge, "", "version,hostname",
                "Version of rk-inspect; the value is always 1."},
    metric_info{"rk_target_up", Gauge, "", "target,hostname",
                "1 if the target answered the last sample, 0 if it did not."},
    metric_info{"rk_target_start_time_seconds", Gauge, "seconds", target_labels,
                "Unix time at which the target's session began."},
    metric_info{"rk_kernel_running", Gauge, "", kernel_labels,
                "1 while the kernel runs, 0 once it has ended."},
    metric_info{"rk_kernel_steps_total", Counter, "", kernel_labels,
                "Steps that every actor of the kernel has completed."},
    metric_info{
        "rk_kernel_progress_age_seconds", Gauge, "seconds", kernel_labels,
        "Time since the actor that is longest without a safe point, and not idle, passed its "
        "last one."},
    metric_info{"rk_kernel_actors", Gauge, "", state_labels, "Actors of the kernel by state."},
    metric_info{"rk_kernel_actors_waiting", Gauge, "", kernel_labels,
                "Running actors that wait for something they need to go on."},
    metric_info{"rk_kernel_actors_idle", Gauge, "", kernel_labels,
                "Running actors that have nothing to do and say so."},
    metric_info{"rk_barrier_generations_total", Counter, "", barrier_labels,
                "Times that the barrier has opened; of several tiles, the slowest one's."},
    metric_info{"rk_barrier_arrived", Gauge, "", barrier_labels,
                "Members that have arrived and wait for the others."},
    metric_info{"rk_barrier_members", Gauge, "", barrier_labels, "Members that have not left."},
    metric_info{"rk_mailbox_sent_total", Counter, "", mailbox_labels, "Messages sent."},
    metric_info{"rk_mailbox_received_total", Counter, "", mailbox_labels, "Messages taken."},
    metric_info{"rk_mailbox_rejected_total", Counter, "", mailbox_labels,
                "Sends for which there was no room."},
    metric_info{"rk_mailbox_messages", Gauge, "", mailbox_labels,
                "Messages that lie in mailboxes."},
    metric_info{"rk_mailbox_high_water", Gauge, "", mailbox_labels,
                "Most messages that a sender knew to lie on one way."},
    metric_info{"rk_mailbox_queueing_seconds", Gauge, "seconds", mailbox_labels,
                "How long sampled messages lay there, mean over all ways."},
    metric_info{"rk_commands_posted_total", Counter, "", queue_labels,
                "Commands that hosts put into the queue."},
    metric_info{"rk_commands_acknowledged_total", Counter, "", queue_labels,
                "Commands that the kernel has acknowledged."},
    metric_info{"rk_commands_rejected_total", Counter, "", queue_labels,
                "Posts for which there was no room."},
    metric_info{"rk_symbol_value", Gauge, "", symbol_labels,
                "Value of a scalar symbol, read live."},
    metric_info{"rk_agent_targets", Gauge, "", "hostname", "Targets that the agent knows."},
    metric_info{"rk_agent_cpu_seconds_total", Counter, "seconds", "hostname",
                "Processor time that the agent has used."},
    metric_info{"rk_agent_resident_memory_bytes", Gauge, "bytes", "hostname",
                "Memory that the agent holds."},
    metric_info{"rk_agent_samples_total", Counter, "", "hostname",
                "Samples that the agent has taken."},
    metric_info{"rk_agent_sample_errors_total", Counter, "", "hostname", "Samples that failed."},
    metric_info{"rk_agent_sample_duration_seconds", Gauge, "seconds", "hostname",
                "Time that the last sample of a target took."},
};

}  // namespace

std::span<const metric_info> metric_catalogue() {
  return catalogue;
}

}  // namespace rk::exporters
