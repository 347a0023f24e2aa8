// SPDX-License-Identifier: MIT
// --device: where networks run.
#pragma once

#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace limpid::cli {

CLI::Option* add_device(CLI::App& command, std::string& device);  // cpu, cuda or cuda:INDEX

int gpu_of(const std::string& device);  // as SessionConfig has it: -1 for cpu

}  // namespace limpid::cli
