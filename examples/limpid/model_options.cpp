// SPDX-License-Identifier: MIT
#include "examples/limpid/model_options.h"

#include <CLI/CLI.hpp>

#include "examples/limpid/ranges.h"

namespace limpid::cli {

Status check_enhances(const ModelSpec& spec) {
  if (spec.output_channels > 0) return Done{};
  return Error{ErrorCode::unsupported, "model " + spec.name + " gives no audio; it cannot enhance"};
}

void add_model(CLI::App& command, std::string& model) {
  command.add_option("-m,--model", model, "Name (see `limpid models`) or .safetensors file")
      ->type_name("MODEL");
}

void add_model_or_argument(CLI::App& command, std::string& model) {
  command
      .add_option("-m,--model,model", model,
                  "Name or .safetensors file (default: the default model)")
      ->type_name("MODEL");
}

CLI::Option* add_attenuation_limit(CLI::App& command, float& decibels) {
  return command
      .add_option("-a,--attenuation-limit", decibels,
                  "Lower noise by at most this much, which keeps some of the room; 0: no limit "
                  "(default)")
      ->check(between(0, 200))
      ->type_name("dB");
}

}  // namespace limpid::cli
