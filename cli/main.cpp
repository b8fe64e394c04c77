// rk-inspect: see inside persistent GPU kernels.
#include <cmath>
#include <csignal>
#include <cstdio>
#include <new>

#include <unistd.h>

#include <rk/error.hpp>
#include <rk/version.hpp>

#include "command.hpp"
#include "render/text.hpp"

namespace {

using namespace rk::cli;

/// One line on standard error, whatever the message holds.
int complain(const std::string& message, exit_code code) {
  std::fflush(stdout);
  std::fprintf(stderr, "rk-inspect: %s\n", rk::render::printable(message).c_str());
  return code;
}

int run(const program& p) {
  try {
    const int result = p.run();
    // The error flag too: what a full device refused long ago is no longer there to be flushed.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      return complain("cannot write to standard output", failed);
    return result;
  } catch (const rk::invalid_argument& e) {
    return complain(e.what(), usage);
  } catch (const rk::not_found& e) {
    return complain(e.what(), not_found);
  } catch (const rk::disconnected& e) {
    return complain(e.what(), not_found);
  } catch (const rk::timeout& e) {
    return complain(e.what(), no_answer);
  } catch (const rk::busy& e) {
    return complain(e.what(), no_answer);
  } catch (const rk::incompatible& e) {
    return complain(e.what(), damaged);
  } catch (const std::bad_alloc&) {
    return complain("not enough memory for this much of the target", failed);
  } catch (const std::exception& e) {
    return complain(e.what(), failed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe (`| head`) is an error of a write, not a reason to die by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  program p;
  CLI::App app("See inside persistent GPU kernels while they run.", "rk-inspect");
  app.set_version_flag("--version", std::string("rk-inspect ") + rk::version);
  app.require_subcommand(1);
  app.fallthrough();
  double timeout_seconds = 5;
  app.add_option("--timeout", timeout_seconds, "Seconds to wait for an answer")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  for (const auto add :
       {add_ls,         add_symbols, add_read,    add_watch, add_top,     add_plot,      add_dump,
        add_checkpoint, add_verify,  add_restore, add_set,   add_changes, add_diff,      add_forget,
        add_preempt,    add_resume,  add_metrics, add_stop,  add_doctor,  add_completion}) {
    add(app, p);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForVersion& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return complain(std::string(e.what()) + " (rk-inspect --help lists the commands)", usage);
  }
  // CLI::Range lets a NaN pass.
  if (std::isnan(timeout_seconds)) return complain("--timeout is no number", usage);
  p.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout_seconds * 1000));
  return run(p);
}
