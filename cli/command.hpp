#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace rk::cli {

/// What a command's exit status says; the numbers are part of the interface.
enum exit_code : int {
  good = 0,
  failed = 1,  ///< a check failed, or the command could not do its work
  usage = 2,
  not_found = 3,  ///< no such target or symbol
  no_answer = 4,  ///< not in time
  damaged = 5,    ///< damaged or incompatible input
};

/// What all commands share: flags of the program, and the command that the user chose.
struct program {
  std::chrono::milliseconds timeout{5000};
  std::function<int()> run;  ///< set by the chosen command's parser
};

/// Text of the TARGET argument in every command's help.
inline constexpr const char* target_help =
    "Session name or pid; may be left out when there is just one target";

// One function a command, each in commands/<name>.cpp: adds the command's flags, and sets
// program::run when the command is chosen.
void add_ls(CLI::App& app, program& p);
void add_symbols(CLI::App& app, program& p);
void add_read(CLI::App& app, program& p);
void add_watch(CLI::App& app, program& p);
void add_top(CLI::App& app, program& p);
void add_plot(CLI::App& app, program& p);
void add_dump(CLI::App& app, program& p);
void add_checkpoint(CLI::App& app, program& p);
void add_verify(CLI::App& app, program& p);
void add_restore(CLI::App& app, program& p);
void add_set(CLI::App& app, program& p);
void add_diff(CLI::App& app, program& p);
void add_forget(CLI::App& app, program& p);
void add_metrics(CLI::App& app, program& p);
void add_changes(CLI::App& app, program& p);
void add_preempt(CLI::App& app, program& p);
void add_resume(CLI::App& app, program& p);
void add_stop(CLI::App& app, program& p);
void add_doctor(CLI::App& app, program& p);
void add_completion(CLI::App& app, program& p);

}  // namespace rk::cli
