#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rk/model/activity.hpp>
#include <rk/model/objects.hpp>

namespace rk::cli {

/// What actors are sorted by, worst first.
enum class top_order { rate, wait, index };
[[nodiscard]] std::string_view to_string(top_order order) noexcept;

/// One kernel as top shows it: a line of its own, then a table of its actors.
struct top_kernel {
  std::string summary;
  std::vector<std::string> table;  ///< the header first
};

/// Text of all kernels in `shot`. At most `max_actors` actors of each are listed.
[[nodiscard]] std::vector<top_kernel> top_kernels(
    const model::snapshot& shot, const std::vector<model::kernel_activity>& activity,
    top_order order, std::size_t max_actors);

/// Tables of the barriers, mailboxes and queues that there are, the header of each first.
[[nodiscard]] std::vector<std::vector<std::string>> top_objects(const model::snapshot& shot);

/// "demo: rk-wave (process 12) on cuda, NVIDIA H200".
[[nodiscard]] std::string top_title(const model::target& t);

}  // namespace rk::cli
