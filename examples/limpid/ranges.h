// SPDX-License-Identifier: MIT
// Numbers on the command line that must lie in a range, and lists of them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace limpid::cli {

inline constexpr int kMaxChannels = 1024;  // of a file, as libsndfile has it

// For CLI::Option::check(). CLI::Range lets NaN pass.
std::function<std::string(const std::string&)> between(double least, double most);

// The parts between separators, one more than there are of those.
std::vector<std::string_view> split(std::string_view text, char separator);

// A whole number 1..most that makes up all of `text`, or 0.
int whole_number(std::string_view text, int most) noexcept;

}  // namespace limpid::cli
