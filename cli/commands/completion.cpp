#include <algorithm>
#include <cctype>
#include <cstdio>

#include <rk/error.hpp>

#include "command.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

/// Asks this program itself for names, so that targets and symbols complete as they are right now.
constexpr const char* bash_script = R"(# bash completion for rk-inspect
_rk_inspect() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
  local words
  if ((COMP_CWORD == 1)); then
    words=$("$program" completion words 2>/dev/null)
  elif [[ $current == -* ]]; then
    words=$("$program" completion words "$command" 2>/dev/null)
  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == @(-o|--output|--npy) ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
    return
  else
    words=$("$program" completion names "$command" "${COMP_WORDS[2]}" 2>/dev/null)
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _rk_inspect rk-inspect
)";

void print_commands(const CLI::App& app) {
  for (const auto* command : app.get_subcommands(nullptr)) {
    if (!command->get_name().empty()) std::puts(command->get_name().c_str());
  }
}

void print_options(const CLI::App& app, const std::string& name) {
  const CLI::App* command = app.get_subcommand(name);
  for (const auto* option : command->get_options()) {
    for (const auto& flag : option->get_lnames()) std::printf("--%s\n", flag.c_str());
  }
}

/// Bash expands the words that it is given, and a symbol's name comes from somebody else's program.
bool is_plain(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_.:@-").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// Targets; for commands that take a symbol also the symbols of the target that stands there
/// already.
void print_names(const std::string& command, const std::string& first) {
  const auto sessions = protocol::list_sessions(protocol::runtime_directory());
  std::string chosen = sessions.size() == 1 ? sessions.front().name : "";
  for (const auto& s : sessions) {
    std::puts(s.name.c_str());
    if (s.name == first) chosen = first;
  }
  const bool takes_symbol = command == "read" || command == "watch" || command == "plot";
  if (!takes_symbol || chosen.empty()) return;
  const target t = open_target(chosen, std::chrono::milliseconds(500));
  for (const auto& s : t.catalogue.symbols) {
    if (!s.runtime && is_plain(s.name)) std::puts(s.name.c_str());
  }
}

int run(const CLI::App& app, const std::vector<std::string>& words) {
  const std::string what = words.front();
  const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string(); };
  if (what == "bash") {
    std::fputs(bash_script, stdout);
  } else if (what == "words" && words.size() == 1) {
    print_commands(app);
  } else if (what == "words") {
    print_options(app, word(1));
  } else if (what == "names") {
    print_names(word(1), word(2));
  } else {
    throw invalid_argument(
        "completion " + what +
        ": only bash is there; put  source <(rk-inspect completion bash)  into ~/.bashrc");
  }
  return good;
}

}  // namespace

void add_completion(CLI::App& app, program& p) {
  auto* command = app.add_subcommand(
      "completion", "Print shell completion: source <(rk-inspect completion bash)");
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("SHELL", *words, "bash")->required()->expected(1, 3);
  command->callback([&app, &p, words] { p.run = [&app, words] { return run(app, *words); }; });
}

}  // namespace rk::cli
