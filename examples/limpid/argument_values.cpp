// SPDX-License-Identifier: MIT
#include "examples/limpid/argument_values.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "examples/limpid/device_option.h"
#include "examples/limpid/generate.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

constexpr std::array<std::string_view, 6> kFiles = {"AUDIO", "FILE",   "FILE.html",
                                                    "IN...", "IN OUT", "OUT"};

std::vector<const CLI::Option*> options_that(const CLI::App& command,
                                             bool (CLI::Option::*are)() const) {
  std::vector<const CLI::Option*> found;
  for (const CLI::Option* option : command.get_options())
    if ((option->*are)()) found.push_back(option);
  return found;
}

}  // namespace

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

Values values_of(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  if (name == "MODEL") return {models::shipped(), true};
  if (name == "DEVICE") return {{"cpu", "cuda"}, false};
  if (name == "KIND") return {arithmetics(), false};
  if (name == kGeneratedName) return {generated(), false};
  return {{}, std::ranges::find(kFiles, name) != kFiles.end()};
}

std::vector<std::string> spellings(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back('-' + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<const CLI::Option*> named_options(const CLI::App& command) {
  return options_that(command, &CLI::Option::nonpositional);
}

std::vector<const CLI::Option*> positionals(const CLI::App& command) {
  return options_that(command, &CLI::Option::get_positional);
}

}  // namespace limpid::cli
