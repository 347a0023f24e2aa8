// SPDX-License-Identifier: MIT
#include "examples/limpid/generate.h"

#include <array>
#include <string_view>
#include <utility>

#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

using Writer = std::string (*)(const CLI::App&);

constexpr std::array<std::pair<std::string_view, Writer>, 4> kWriters = {
    {{"man", manual_page},
     {"bash", bash_completion},
     {"zsh", zsh_completion},
     {"fish", fish_completion}}};

void generate(CLI::App& app, std::string_view what) {
  for (const auto& [name, write] : kWriters)
    if (name == what) put(stdout, write(app));
  app.require_subcommand(0);  // it is asked for after options are looked at
}

}  // namespace

std::vector<std::string> generated() {
  std::vector<std::string> names;
  for (const auto& [name, write] : kWriters) names.emplace_back(name);
  return names;
}

void add_generate(CLI::App& app) {
  app.add_option_function<std::string>(
         "--generate", [&app](const std::string& what) { generate(app, what); },
         "Print the manual page, or what completes arguments in a shell: man, bash, zsh or fish")
      ->check(CLI::IsMember(generated()).description(""))
      ->type_name(kGeneratedName);
}

}  // namespace limpid::cli
