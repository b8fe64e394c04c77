#include <chrono>
#include <cstdio>

#include "command.hpp"
#include "render/number.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

struct options {
  std::string target;
  std::string kernel;
  int urgency = 0;
  bool as_json = false;
};

int preempt(const program& p, const options& o) {
  target t = open_target(o.target, p.timeout);
  const auto begin = std::chrono::steady_clock::now();
  const protocol::operation_reply left = t.client().preempt(o.kernel, o.urgency);
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin;
  if (o.as_json) {
    const exporters::change_entry change{t.catalogue.target.name, left.kernel, left.step, 0};
    std::puts(exporters::to_text(exporters::preempt_document(change, took)).c_str());
    return good;
  }
  std::printf(
      "%s: kernel %s left the device at step %s, %s after it was asked; its symbols stay: "
      "rk-inspect resume %s\n",
      t.catalogue.target.name.c_str(), left.kernel.c_str(), render::count(left.step).c_str(),
      render::duration(took).c_str(), t.catalogue.target.name.c_str());
  return good;
}

int resume(const program& p, const options& o) {
  target t = open_target(o.target, p.timeout);
  const protocol::operation_reply back = t.client().resume(o.kernel);
  if (o.as_json) {
    const exporters::change_entry change{t.catalogue.target.name, back.kernel, back.step, 0};
    std::puts(exporters::to_text(exporters::resume_document(change)).c_str());
    return good;
  }
  std::printf("%s: kernel %s goes on from step %s\n", t.catalogue.target.name.c_str(),
              back.kernel.c_str(), render::count(back.step).c_str());
  return good;
}

CLI::App* add_common(CLI::App& app, const char* name, const char* help, options& o) {
  auto* command = app.add_subcommand(name, help);
  command->add_option("TARGET", o.target, target_help);
  command->add_option("--kernel", o.kernel, "Which kernel; may be left out if there is one");
  command->add_flag("--json", o.as_json, "Print a JSON document");
  return command;
}

}  // namespace

void add_preempt(CLI::App& app, program& p) {
  auto o = std::make_shared<options>();
  auto* command =
      add_common(app, "preempt", "Make a kernel leave the device until it is resumed", *o);
  command
      ->add_option("--urgency", o->urgency,
                   "0: wait for safe points; 100: waits for outside events give up at once")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command->callback([&p, o] { p.run = [&p, o] { return preempt(p, *o); }; });
}

void add_resume(CLI::App& app, program& p) {
  auto o = std::make_shared<options>();
  auto* command = add_common(app, "resume", "Launch a preempted kernel again: it goes on", *o);
  command->callback([&p, o] { p.run = [&p, o] { return resume(p, *o); }; });
}

}  // namespace rk::cli
