// SPDX-License-Identifier: MIT
// Arguments as they were typed. CLI11 takes "[a,b]" apart as a list even where it is the name of a
// file.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace limpid::cli {

// Those behind the program's name, for CLI::App::parse: the last first, and "[...]" with something
// behind it that hides it from CLI11.
std::vector<std::string> literal_arguments(std::span<const std::string> typed);

// Every option of every command takes that off again, before anything else looks at its values.
void take_literally(CLI::App& app);

}  // namespace limpid::cli
