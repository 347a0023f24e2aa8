// SPDX-License-Identifier: MIT
// What an option takes, as far as somebody who completes it has to know.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace limpid::cli {

struct Values {
  std::vector<std::string> words;  // some of what it may be
  bool files = false;              // it may be the name of a file or folder
};

bool takes_value(const CLI::Option& option);  // flags take none

// By the name that help gives its value. Of a number or a list nothing is known.
Values values_of(const CLI::Option& option);

// All that is typed for it: -o, --output.
std::vector<std::string> spellings(const CLI::Option& option);

// The options of a command in the order of its help, and what stands without a dash.
std::vector<const CLI::Option*> named_options(const CLI::App& command);
std::vector<const CLI::Option*> positionals(const CLI::App& command);

}  // namespace limpid::cli
