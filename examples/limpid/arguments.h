// SPDX-License-Identifier: MIT
// The command line in UTF-8, whatever the system hands to main().
#pragma once

#include <string>
#include <vector>

namespace limpid::cli {

std::vector<std::string> utf8_arguments(int argc, char** argv);  // argv[0] first

}  // namespace limpid::cli
