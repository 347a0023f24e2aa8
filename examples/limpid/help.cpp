// SPDX-License-Identifier: MIT
#include "examples/limpid/help.h"

#include <fmt/format.h>

#include <string>

#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

constexpr std::size_t kIndent = 30;

std::string row(const std::string& name, const std::string& text) {
  const std::string left = "  " + name;
  if (left.size() + 2 > kIndent)
    return left + '\n' + std::string(kIndent, ' ') + wrapped(text, kIndent, kIndent);
  return fmt::format("{:<{}}", left, kIndent) + wrapped(text, kIndent, kIndent);
}

}  // namespace

std::string Help::make_option(const CLI::Option* option, bool is_positional) const {
  const std::string name =
      is_positional ? option->get_type_name() : make_option_name(option, false);
  return row(is_positional ? name : name + make_option_opts(option), purpose_of(*option));
}

// The value's name only: exclusions belong into messages, and so do ranges, which is why no check
// here has a description that CLI11 would put behind that name.
std::string Help::make_option_opts(const CLI::Option* option) const {
  const std::string type = option->get_type_name();
  return option->get_type_size() == 0 || type.empty() ? "" : " " + type;
}

// In the line "Usage: ...": by the name that the list below it gives.
std::string Help::make_option_usage(const CLI::Option* positional) const {
  const std::string name = positional->get_type_name();
  return positional->get_required() ? name : "[" + name + "]";
}

std::string Help::make_subcommand(const CLI::App* command) const {
  return row(command->get_name(), command->get_description());
}

std::string Help::make_footer(const CLI::App* app) const {
  return app->get_footer().empty() ? "" : wrapped(app->get_footer(), 0, 0);
}

std::string purpose_of(const CLI::Option& option) {
  const std::string otherwise = option.get_default_str();
  return option.get_description() +
         (otherwise.empty() ? "" : fmt::format(" (default: {})", otherwise));
}

std::string check_page_name(const std::string& name) {
  return name.ends_with(".html") ? "" : "the report's name must end in .html";
}

}  // namespace limpid::cli
