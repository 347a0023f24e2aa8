// SPDX-License-Identifier: MIT
// Help that fits a terminal of 80 columns: option, then what it does, wrapped and aligned.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace limpid::cli {

class Help : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_usage(const CLI::Option* positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_footer(const CLI::App* app) const override;
};

// What an option is for, and its default.
std::string purpose_of(const CLI::Option& option);

std::string check_page_name(const std::string& name);  // of a report: "", or what is wrong with it

}  // namespace limpid::cli
