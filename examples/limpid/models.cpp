// SPDX-License-Identifier: MIT
// `limpid models`: what is inside this program.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "examples/limpid/commands.h"
#include "examples/limpid/json.h"
#include "examples/limpid/terminal.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

std::string microphones(const ModelSpec& spec) {
  if (spec.input_channels == 1) return "";
  return fmt::format(" ({} microphones)", spec.input_channels);
}

int run(bool json) {
  int status = kOk;
  const std::vector<std::string> names = models::shipped();
  for (const std::string& name : names) {
    auto model = models::load(name);
    if (!model) {
      complain(model.error().message);
      status = kFailed;
      continue;
    }
    const ModelSpec& spec = (*model)->spec();
    if (json)
      print_json(to_json(spec));
    else
      put(stdout, fmt::format("{:<20} {}{}{}\n", name, spec.summary, microphones(spec),
                              name == names.front() ? " (default)" : ""));
  }
  return status;
}

}  // namespace

void add_models(CLI::App& app, int& status) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("models", "List the models inside this program");
  command->add_flag("--json", *json, "One JSON object a model");
  command->callback([json, &status] { status = run(*json); });
}

}  // namespace limpid::cli
