// SPDX-License-Identifier: MIT
#include "examples/limpid/ranges.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

namespace limpid::cli {

std::function<std::string(const std::string&)> between(double least, double most) {
  return [least, most](const std::string& text) -> std::string {
    double value = 0;
    if (CLI::detail::lexical_cast(text, value) && value >= least && value <= most) return "";
    return fmt::format("expected a number from {} to {}, found {}", least, most, text);
  };
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (auto end = text.find(separator); end != text.npos; end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

int whole_number(std::string_view text, int most) noexcept {
  int value = 0;
  const auto [end, problem] = std::from_chars(text.begin(), text.end(), value);
  const bool whole = problem == std::errc() && end == text.end();
  return whole && value >= 1 && value <= most ? value : 0;
}

}  // namespace limpid::cli
