// SPDX-License-Identifier: MIT
// Completion for zsh, by its function _arguments.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "examples/limpid/argument_values.h"
#include "examples/limpid/generate.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

constexpr char kBegin[] = R"zsh(#compdef limpid
# Completes arguments of limpid in zsh; made by `limpid --generate zsh`.
_limpid_model() {{
  _alternative 'models:model:({})' 'files:file:_files'
}}
_limpid() {{
  local curcontext=$curcontext state line
  local -a commands=(
{}  )
  _arguments -S -C{} \
    '1:command:->command' \
    '*:: :->arguments' && return
  if [[ $state == command ]]; then
    _describe command commands
    return
  fi
  case $line[1] in
)zsh";
constexpr char kEnd[] = R"zsh(  esac
}
_limpid "$@"
)zsh";

std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != special.npos) result += '\\';
    result += c;
  }
  return result;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + '\'';
}

// ":message:action"
std::string value_of(const CLI::Option& option) {
  const Values values = values_of(option);
  std::string action = values.files ? "_files" : " ";
  if (!values.words.empty())
    action = values.files ? "_limpid_model" : fmt::format("({})", fmt::join(values.words, " "));
  return fmt::format(":{}:{}", escaped(option.get_type_name(), ":\\"), action);
}

// A further line for each spelling. They exclude each other, but where an option may be repeated.
// "=": the value is the next word, or follows in the same one.
std::string option_lines(const CLI::Option& option) {
  const std::vector<std::string> names = spellings(option);
  const bool repeats = option.get_expected_max() > option.get_expected_min();
  const std::string before = repeats ? "*" : fmt::format("({})", fmt::join(names, " "));
  std::string after = '[' + escaped(option.get_description(), "[]\\") + ']';
  const int values = takes_value(option) ? option.get_expected_min() : 0;
  for (int i = 0; i < values; ++i) after += value_of(option);
  std::string lines;
  for (const std::string& name : names) {
    const std::string equals = values == 1 && name.starts_with("--") ? "=" : "";
    lines += " \\\n    " + quoted(before + name + equals + after);
  }
  return lines;
}

std::string case_of(const CLI::App& command) {
  std::string lines = fmt::format("    {})\n    _arguments -S", command.get_name());
  for (const CLI::Option* option : named_options(command)) lines += option_lines(*option);
  for (const CLI::Option* option : positionals(command))
    lines += " \\\n    " + quoted((option->get_expected_max() > 1 ? "*" : "") + value_of(*option));
  return lines + "\n    ;;\n";
}

}  // namespace

std::string zsh_completion(const CLI::App& app) {
  std::string commands, options, cases;
  for (const CLI::Option* option : named_options(app)) options += option_lines(*option);
  for (const CLI::App* command : app.get_subcommands({})) {
    commands += "    " +
                quoted(command->get_name() + ':' + escaped(command->get_description(), ":\\")) +
                '\n';
    cases += case_of(*command);
  }
  return fmt::format(kBegin, fmt::join(models::shipped(), " "), commands, options) + cases + kEnd;
}

}  // namespace limpid::cli
