// SPDX-License-Identifier: MIT
// Completion for bash. Where it offers nothing, readline offers files.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "examples/limpid/argument_values.h"
#include "examples/limpid/generate.h"

namespace limpid::cli {
namespace {

// readline splits words at "=" and at ":".
constexpr char kBegin[] =
    R"(# Completes arguments of limpid in bash; made by `limpid --generate bash`.
_limpid()
{{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= words= word
    [[ $current == = ]] && current=
    [[ $before == = ]] && before=${{COMP_WORDS[COMP_CWORD-2]}}
    COMPREPLY=()
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in
            --) return ;;  # none is an option any more
            {}) command=${{command:-$word}} ;;
        esac
    done
    case "$command $before" in
)";
constexpr char kBetween[] = R"(        *)
            case $command in
)";
constexpr char kEnd[] = R"(            esac
            ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _limpid limpid
)";

// After an option: its words; files, which are readline's; or a value that nobody can know.
std::string after_option(const std::string& command, const CLI::Option& option) {
  std::vector<std::string> patterns;
  for (const std::string& name : spellings(option))
    patterns.push_back(fmt::format("'{} {}'", command, name));
  const Values values = values_of(option);
  std::string action = "return";
  if (!values.words.empty()) {
    action = fmt::format("words='{}'", fmt::join(values.words, " "));
  } else if (!values.files) {
    action = "compopt +o bashdefault +o default; return";
  }
  return fmt::format("        {}) {} ;;\n", fmt::join(patterns, "|"), action);
}

std::string after_options(const std::string& name, const CLI::App& command) {
  std::string cases;
  for (const CLI::Option* option : named_options(command))
    if (takes_value(*option)) cases += after_option(name, *option);
  return cases;
}

// Elsewhere: options where a dash says so, or nothing else can stand there.
std::string otherwise(const std::string& name, const CLI::App& command,
                      const std::vector<std::string>& commands) {
  std::vector<std::string> options, words = commands;
  for (const CLI::Option* option : named_options(command))
    for (const std::string& spelling : spellings(*option))
      if (spelling.starts_with("--")) options.push_back(spelling);
  bool files = false;
  for (const CLI::Option* option : positionals(command)) {
    const Values values = values_of(*option);
    words.insert(words.end(), values.words.begin(), values.words.end());
    files |= values.files;
  }
  if (words.empty() && !files) words = options;
  return fmt::format("                '{}') words='{}'; [[ $current == -* ]] && words='{}' ;;\n",
                     name, fmt::join(words, " "), fmt::join(options, " "));
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  std::string values = after_options("", app), words = otherwise("", app, names);
  for (const CLI::App* command : app.get_subcommands({})) {
    values += after_options(command->get_name(), *command);
    words += otherwise(command->get_name(), *command, {});
  }
  return fmt::format(kBegin, fmt::join(names, "|")) + values + kBetween + words + kEnd;
}

}  // namespace limpid::cli
