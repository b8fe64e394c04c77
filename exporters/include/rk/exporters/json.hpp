#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <prometheus/metric_family.h>

#include <rk/model/activity.hpp>
#include <rk/model/difference.hpp>
#include <rk/model/selection.hpp>
#include <rk/model/snapshot.hpp>
#include <rk/model/value.hpp>
#include <rk/storage/checkpoint_file.hpp>

/// The JSON documents of rk-inspect. Each carries "schema": "rk-inspect/<name>/1"; the schemas are
/// in exporters/schema/. Numbers that JSON cannot hold are the texts "NaN", "Infinity" and
/// "-Infinity".
namespace rk::exporters {

using json = nlohmann::ordered_json;

/// `value`, or its name in a text if JSON cannot hold it.
[[nodiscard]] json number_to_json(double value);
/// "0x" and two digits a byte, in memory order: bytes whose meaning is not known.
[[nodiscard]] std::string hex_text(std::span<const std::byte> bytes);

/// One element: a number, a text, an object for a structure, lists for an array member. Throws
/// `rk::incompatible` for a type that overlaps itself beyond all reason.
[[nodiscard]] json element_to_json(const model::type_table& types, model::type_id id,
                                   std::span<const std::byte> bytes);
/// Elements as lists within lists, after the shape.
[[nodiscard]] json array_to_json(const model::type_table& types, const model::array_value& value);

/// A target as `ls` found it.
struct target_entry {
  std::string name;
  std::uint64_t pid = 0;
  std::string program;
  std::string backend;
  std::string device;
  std::string state;  ///< "running", "finished", "faulted", "idle", "dead" or "unreachable"
  std::uint64_t kernels = 0;
  std::uint64_t steps = 0;
  std::string error;  ///< why it is unreachable, or its last state cannot be read
  std::string cause;  ///< why it died
};
/// What a target that answered is like.
[[nodiscard]] target_entry describe_target(const std::string& name, std::uint64_t pid,
                                           const model::snapshot& shot);
[[nodiscard]] json targets_document(const std::vector<target_entry>& targets);

[[nodiscard]] json symbols_document(const model::catalogue& c);

/// One value that was read.
struct reading {
  model::selection what;
  model::array_value value;
  std::string consistency;  ///< "live", "versioned" or "cut"
  std::int64_t unix_ns = 0;
  std::optional<std::uint64_t> step = {};      ///< cut: steps that every actor had completed
  std::optional<std::uint64_t> epoch = {};     ///< cut: its number in its session
  std::optional<std::uint64_t> pause_ns = {};  ///< cut: how long actors stood still
  std::optional<std::uint64_t> retries = {};   ///< versioned: reads that were torn
  std::optional<std::int64_t> age_ns = {};     ///< versioned: since a writer last ended
};
[[nodiscard]] json read_document(const model::catalogue& c, const reading& r);

/// State and progress of every actor.
[[nodiscard]] json actors_document(const model::snapshot& shot,
                                   const std::vector<model::kernel_activity>& activity);

/// The same as text for a file's header; empty if it is too long for one.
[[nodiscard]] std::string actors_note(const model::snapshot& shot);

/// A symbol of a dump: its value, or why it is not there.
struct dumped_symbol {
  model::symbol_id id{};
  std::optional<model::array_value> value;
  std::string omitted;
};
[[nodiscard]] json dump_document(const model::snapshot& shot,
                                 const std::vector<dumped_symbol>& symbols);

/// One scrape.
[[nodiscard]] json metrics_document(const std::vector<prometheus::MetricFamily>& families);

/// What `stop` asked for; `kernel` is empty for all.
[[nodiscard]] json stop_document(const std::string& target, const std::string& kernel, bool abort);

/// A checkpoint file, as it was made or as it was found.
struct checkpoint_entry {
  std::string path;
  storage::checkpoint_info info;
  std::vector<model::symbol> symbols;
  std::uint64_t stored_bytes = 0;              ///< of values in the file itself
  std::optional<std::uint64_t> pause_ns = {};  ///< while it was made
};
[[nodiscard]] json checkpoint_document(const checkpoint_entry& c);

/// What a tool did to a kernel.
struct change_entry {
  std::string target;
  std::string kernel;
  std::uint64_t step = 0;   ///< at which it happened
  std::uint64_t bytes = 0;  ///< of new values
};
[[nodiscard]] json restore_document(const change_entry& change, const std::string& path,
                                    const storage::checkpoint_info& from);
[[nodiscard]] json set_document(const change_entry& change, const std::string& expression,
                                const std::string& value);

[[nodiscard]] json changes_document(const model::catalogue& c);
[[nodiscard]] json preempt_document(const change_entry& change, std::chrono::nanoseconds took);
[[nodiscard]] json resume_document(const change_entry& change);

/// A symbol of two targets.
struct compared_symbol {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::string state;  ///< "equal", "changed", "only_before", "only_after", "other_type"
  std::optional<model::difference> difference;  ///< of equal and changed ones
};
[[nodiscard]] json diff_document(const std::string& before, const std::string& after,
                                 const std::vector<compared_symbol>& symbols);

/// Dead targets whose last state was removed.
[[nodiscard]] json forget_document(const std::vector<std::string>& targets);

/// `j` as text; bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string to_text(const json& j, int indent = 2);

}  // namespace rk::exporters
