// SPDX-License-Identifier: MIT
// `limpid --generate`: the manual page, and what completes arguments in shells, from the very
// options that are parsed.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace limpid::cli {

inline constexpr char kGeneratedName[] = "WHAT";  // as help calls them

std::vector<std::string> generated();  // what there is: man, bash, zsh, fish

// To be added when all commands are: it needs none, and describes them.
void add_generate(CLI::App& app);

std::string manual_page(const CLI::App& app);  // roff, for man(1)
std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace limpid::cli
