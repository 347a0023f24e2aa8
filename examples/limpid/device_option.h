// SPDX-License-Identifier: MIT
// --device: where networks run; --arithmetic: how they multiply there.
#pragma once

#include <string>
#include <vector>

#include "lib/base/arithmetic.h"
#include "limpid/result.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace limpid::cli {

CLI::Option* add_device(CLI::App& command, std::string& device);  // cpu, cuda or cuda:INDEX

std::vector<std::string> arithmetics();  // names of what SessionConfig has

// One of these; of GPUs only.
CLI::Option* add_arithmetic(CLI::App& command, std::string& arithmetic);

// invalid_argument: one of GPUs for the CPU, which would ignore it.
Status check_arithmetic(const std::string& device, const std::string& arithmetic);

int gpu_of(const std::string& device);  // as SessionConfig has it: -1 for cpu

Arithmetic arithmetic_of(const std::string& arithmetic);

}  // namespace limpid::cli
