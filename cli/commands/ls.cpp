#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include <rk/error.hpp>

#include "command.hpp"
#include "render/number.hpp"
#include "render/table.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

/// One target that misbehaves, however it does, must not hide the others.
exporters::target_entry look_at(const protocol::session_entry& session,
                                std::chrono::milliseconds timeout) {
  try {
    auto client = protocol::client::connect(session.socket, timeout);
    return exporters::describe_target(session.name, session.pid,
                                      client.snapshot(client.catalogue()));
  } catch (const std::exception& e) {
    exporters::target_entry entry;
    entry.name = session.name;
    entry.pid = session.pid;
    entry.state = "unreachable";
    entry.error = e.what();
    return entry;
  }
}

/// A dead one, by the file that the agent wrote.
exporters::target_entry look_at(const storage::grave& dead) {
  exporters::target_entry entry;
  entry.name = dead.name;
  entry.pid = dead.pid;
  try {
    const storage::checkpoint_reader file(dead.path);
    entry = exporters::describe_target(dead.name, dead.pid, file.snapshot());
    entry.cause = file.info().cause;
  } catch (const std::exception& e) {
    entry.error = e.what();
  }
  entry.state = "dead";
  return entry;
}

/// Several at the same time, so that those that hang do not delay the list one after the other. Not
/// all: each brings a descriptor for every segment that it has.
std::vector<exporters::target_entry> look_at(const std::vector<protocol::session_entry>& sessions,
                                             std::chrono::milliseconds timeout) {
  constexpr std::size_t at_once = 8;
  std::vector<exporters::target_entry> targets(sessions.size());
  std::atomic<std::size_t> next = 0;
  const auto look_on = [&] {
    for (std::size_t i = next++; i < sessions.size(); i = next++) {
      targets[i] = look_at(sessions[i], timeout);
    }
  };
  {
    std::vector<std::jthread> looks;
    for (std::size_t i = 1; i < std::min(sessions.size(), at_once); ++i)
      looks.emplace_back(look_on);
    look_on();
  }
  return targets;
}

int run(const program& p, bool as_json) {
  const auto directory = protocol::runtime_directory();
  std::vector<exporters::target_entry> targets =
      look_at(protocol::list_sessions(directory), p.timeout);
  for (const auto& g : list_dead()) targets.push_back(look_at(g));
  if (as_json) {
    std::puts(exporters::to_text(exporters::targets_document(targets)).c_str());
    return good;
  }
  if (targets.empty()) {
    std::printf("No targets in %s.\n", directory.c_str());
    return good;
  }
  using render::alignment;
  render::table table({{"NAME"},
                       {"PID", alignment::right},
                       {"STATE"},
                       {"KERNELS", alignment::right},
                       {"STEPS", alignment::right},
                       {"BACK-END"},
                       {"DEVICE"},
                       {"PROGRAM"}});
  for (const auto& t : targets) {
    table.add_row({t.name, std::to_string(t.pid), t.state, std::to_string(t.kernels),
                   render::count(t.steps), t.backend, t.device, t.program});
  }
  std::fputs(table.render(render::detect(STDOUT_FILENO)).c_str(), stdout);
  for (const auto& t : targets) {
    if (!t.cause.empty()) {
      std::printf("%s (%llu) died: %s\n", t.name.c_str(), static_cast<unsigned long long>(t.pid),
                  t.cause.c_str());
    }
    if (!t.error.empty()) {
      std::fprintf(stderr, "rk-inspect: %s: %s\n", t.name.c_str(), t.error.c_str());
    }
  }
  return good;
}

}  // namespace

void add_ls(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("ls", "List targets");
  auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "Print a JSON document");
  command->callback([&p, as_json] { p.run = [&p, as_json] { return run(p, *as_json); }; });
}

}  // namespace rk::cli
