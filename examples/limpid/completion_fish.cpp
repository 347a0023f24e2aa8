// SPDX-License-Identifier: MIT
// Completion for fish.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

#include "examples/limpid/argument_values.h"
#include "examples/limpid/generate.h"

namespace limpid::cli {
namespace {

// fish's own __fish_seen_subcommand_from would take files that are called like a command for it.
constexpr char kBegin[] =
    R"(# Completes arguments of limpid in fish; made by `limpid --generate fish`.
function __limpid_command_is
    set -l words (commandline -opc)
    contains -- $argv[1] $words[2]
end
complete -c limpid -f
)";

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + '\'';
}

std::string words_of(const Values& values) {
  return values.words.empty() ? ""
                              : " -a " + quoted(fmt::format("{}", fmt::join(values.words, " ")));
}

// `condition`: where a command line is when it is offered.
std::string option_line(const std::string& condition, const CLI::Option& option) {
  std::string line = "complete -c limpid -n " + quoted(condition);
  for (const std::string& name : option.get_snames()) line += " -s " + name;
  for (const std::string& name : option.get_lnames()) line += " -l " + name;
  if (takes_value(option)) {
    const Values values = values_of(option);
    line += (values.files ? " -r -F" : " -x") + words_of(values);
  }
  return line + " -d " + quoted(option.get_description()) + '\n';
}

std::string command_lines(const CLI::App& command) {
  const std::string condition = "__limpid_command_is " + command.get_name();
  std::string lines = fmt::format("complete -c limpid -n __fish_use_subcommand -a {} -d {}\n",
                                  command.get_name(), quoted(command.get_description()));
  for (const CLI::Option* option : named_options(command)) lines += option_line(condition, *option);
  for (const CLI::Option* option : positionals(command)) {
    const Values values = values_of(*option);
    lines += fmt::format("complete -c limpid -n {}{}{}\n", quoted(condition),
                         values.files ? " -F" : "", words_of(values));
  }
  return lines;
}

}  // namespace

std::string fish_completion(const CLI::App& app) {
  std::string script = kBegin;
  for (const CLI::Option* option : named_options(app))
    script += option_line("__fish_use_subcommand", *option);
  for (const CLI::App* command : app.get_subcommands({})) script += command_lines(*command);
  return script;
}

}  // namespace limpid::cli
