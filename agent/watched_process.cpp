#include "watched_process.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rk::agent {
namespace {

/// `struct pidfd_info` of linux/pidfd.h, first version, which older headers lack.
struct pidfd_info {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::array<std::uint32_t, 11> ids;
  std::int32_t exit_code;
};
static_assert(sizeof(pidfd_info) == 64);
constexpr std::uint64_t info_exit = 1u << 3;  // PIDFD_INFO_EXIT

/// Linux keeps it as long as somebody watches, once the parent has taken it.
std::optional<int> kept_status(int process) {
  pidfd_info info{};
  info.mask = info_exit;
  if (::ioctl(process, _IOWR(0xff, 11, pidfd_info), &info) != 0) return std::nullopt;
  return (info.mask & info_exit) != 0 ? std::optional(info.exit_code) : std::nullopt;
}

/// Until its parent has taken it.
std::optional<int> zombie_status(std::uint64_t pid) {
  std::string line;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), line);
  // The name, in brackets, may contain anything; the state is what follows it.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(name_end + 1));
  std::string field;
  rest >> field;
  if (field != "Z" && field != "X") return std::nullopt;
  constexpr int state_field = 3;
  constexpr int exit_code_field = 52;
  for (int i = state_field; i < exit_code_field - 1; ++i) rest >> field;
  // Zero is also what those see who may not know.
  int status = 0;
  return rest >> status && status != 0 ? std::optional(status) : std::nullopt;
}

std::string text_of(int status) {
  if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  if (!WIFSIGNALED(status)) return {};
  const char* name = ::sigabbrev_np(WTERMSIG(status));
  return "killed by " + (name != nullptr ? "SIG" + std::string(name)
                                         : "signal " + std::to_string(WTERMSIG(status)));
}

}  // namespace

watched_process::watched_process(std::uint64_t pid)
    : pid_(pid),
      process_(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0))) {}

bool watched_process::has_ended(std::chrono::milliseconds limit) const {
  if (!process_) return false;
  pollfd end{process_.get(), POLLIN, 0};
  return ::poll(&end, 1, static_cast<int>(limit.count())) == 1;
}

std::string watched_process::how_it_ended() const {
  if (!has_ended(std::chrono::milliseconds(0))) return {};
  std::optional<int> status = kept_status(process_.get());
  if (!status) status = zombie_status(pid_);
  // Taken in between: what stands under that number may be another process.
  const bool is_there = ::syscall(SYS_pidfd_send_signal, process_.get(), 0, nullptr, 0) == 0;
  if (!is_there) status = kept_status(process_.get());
  return status ? text_of(*status) : std::string();
}

}  // namespace rk::agent
