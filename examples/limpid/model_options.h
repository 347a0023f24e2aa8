// SPDX-License-Identifier: MIT
// --model, and --attenuation-limit of commands that enhance.
#pragma once

#include <string>

#include "lib/model/model.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace limpid::cli {

// unsupported: a model that gives no audio.
Status check_enhances(const ModelSpec& spec);

void add_model(CLI::App& command, std::string& model);
void add_model_or_argument(CLI::App& command, std::string& model);       // also without --model
CLI::Option* add_attenuation_limit(CLI::App& command, float& decibels);  // 0: no limit

}  // namespace limpid::cli
