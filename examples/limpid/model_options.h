// SPDX-License-Identifier: MIT
// --model and --attenuation-limit, of commands that enhance.
#pragma once

#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace limpid::cli {

void add_model(CLI::App& command, std::string& model);
CLI::Option* add_attenuation_limit(CLI::App& command, float& decibels);  // 0: no limit

}  // namespace limpid::cli
