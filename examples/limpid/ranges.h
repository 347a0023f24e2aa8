// SPDX-License-Identifier: MIT
// Numbers on the command line that must lie in a range. CLI::Range lets NaN pass.
#pragma once

#include <functional>
#include <string>

namespace limpid::cli {

inline constexpr int kMaxChannels = 1024;  // of a file, as libsndfile has it

// For CLI::Option::check().
std::function<std::string(const std::string&)> between(double least, double most);

}  // namespace limpid::cli
