// SPDX-License-Identifier: MIT
#include "examples/limpid/literal.h"

#include <CLI/CLI.hpp>

namespace limpid::cli {
namespace {

constexpr char kGuard = '\0';  // no argument of a program can hold one

std::string without_guard(std::string value) {
  if (value.ends_with(kGuard)) value.pop_back();
  return value;
}

}  // namespace

std::vector<std::string> literal_arguments(std::span<const std::string> typed) {
  std::vector<std::string> arguments;
  for (std::size_t i = typed.size(); i-- > 1;) {
    std::string& argument = arguments.emplace_back(typed[i]);
    if (argument.starts_with('[') && argument.ends_with(']')) argument += kGuard;
  }
  return arguments;
}

void take_literally(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) option->transform(without_guard);
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; }))
    take_literally(*command);
}

}  // namespace limpid::cli
