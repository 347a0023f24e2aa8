// SPDX-License-Identifier: MIT
#include "examples/limpid/ranges.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace limpid::cli {

std::function<std::string(const std::string&)> between(double least, double most) {
  return [least, most](const std::string& text) -> std::string {
    double value = 0;
    if (CLI::detail::lexical_cast(text, value) && value >= least && value <= most) return "";
    return fmt::format("expected a number from {} to {}, found {}", least, most, text);
  };
}

}  // namespace limpid::cli
