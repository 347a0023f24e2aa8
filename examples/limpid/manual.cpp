// SPDX-License-Identifier: MIT
// The manual page, for man(1): roff with the macros of man(7).
#include <fmt/format.h>

#include "examples/limpid/argument_values.h"
#include "examples/limpid/commands.h"
#include "examples/limpid/generate.h"

namespace limpid::cli {
namespace {

// Examples that help has no room for.
constexpr char kExamples[] = R"(.SH EXAMPLES
.TP
.B limpid enhance talk.wav
Writes talk.enhanced.wav.
.TP
.B limpid enhance recordings/ \-o clean/ \-\-report report.html
Cleans a folder, keeps its tree, and shows in a page what was done.
.TP
.B limpid enhance meeting.wav \-m array\-light\-4 \-\-channels 1\-4
Hears a recording of four microphones.
.TP
.B limpid live \-\-input USB \-\-attenuation\-limit 15
Enhances a microphone, and leaves some of its room.
.TP
.B limpid convolve voice.wav \-\-ir hall.wav
Puts a voice into a hall.
)";

// As text: no dash is a hyphen, no line begins with a macro's dot.
std::string text(const std::string& plain) {
  std::string roff;
  for (const char c : plain) {
    if (roff.empty() && (c == '.' || c == '\'')) roff += "\\&";
    if (c == '\\')
      roff += "\\e";
    else if (c == '-')
      roff += "\\-";
    else
      roff += c;
  }
  return roff;
}

std::string bold(const std::string& plain) {
  return "\\fB" + text(plain) + "\\fR";
}

std::string italic(const std::string& plain) {
  return "\\fI" + text(plain) + "\\fR";
}

std::string entry(const std::string& term, const std::string& description) {
  return fmt::format(".TP\n{}\n{}\n", term, text(description));
}

std::string option_entry(const CLI::Option& option) {
  std::string term;
  for (const std::string& name : spellings(option)) term += (term.empty() ? "" : ", ") + bold(name);
  if (takes_value(option)) term += ' ' + italic(option.get_type_name());
  std::string description = option.get_description();
  if (!option.get_default_str().empty())
    description += fmt::format(" (default: {})", option.get_default_str());
  return entry(term, description);
}

std::string options_of(const CLI::App& command) {
  std::string page;
  for (const CLI::Option* option : named_options(command)) page += option_entry(*option);
  return page;
}

std::string usage(const CLI::App& command) {
  std::string line = bold("limpid " + command.get_name()) + " [" + italic("OPTIONS") + ']';
  for (const CLI::Option* option : positionals(command)) {
    const std::string name = italic(option->get_type_name());
    line += option->get_required() ? ' ' + name : " [" + name + ']';
  }
  return line + '\n';
}

std::string section_of(const CLI::App& command, const std::string& common_footer) {
  std::string page = fmt::format(".SS {}\n{}.PP\n{}.\n", command.get_name(), usage(command),
                                 text(command.get_description()));
  for (const CLI::Option* option : positionals(command))
    page += entry(italic(option->get_type_name()), option->get_description());
  page += options_of(command);
  if (command.get_footer() != common_footer) page += ".PP\n" + text(command.get_footer()) + '\n';
  return page;
}

}  // namespace

std::string manual_page(const CLI::App& app) {
  const auto commands = app.get_subcommands({});
  std::string page = fmt::format(
      ".TH LIMPID 1 \"\" \"limpid {}\" \"User Commands\"\n.SH NAME\nlimpid \\- enhances speech: "
      "removes noise and reverberation\n.SH SYNOPSIS\n",
      text(LIMPID_VERSION));
  for (std::size_t i = 0; i < commands.size(); ++i)
    page += (i > 0 ? ".br\n" : "") + usage(*commands[i]);
  page += ".SH DESCRIPTION\n" + text(app.get_description()) + "\n.SH OPTIONS\n" + options_of(app) +
          ".SH COMMANDS\n";
  for (const CLI::App* command : commands) page += section_of(*command, app.get_footer());
  page += fmt::format(
      ".SH EXIT STATUS\n.TP\n{}\ndone\n.TP\n{}\nsome files failed; the others are "
      "done\n.TP\n{}\nnothing was started\n.TP\n{}\ninterrupted; what is there is "
      "whole\n",
      int{kOk}, int{kFailed}, int{kUsage}, int{kInterrupted});
  return page + kExamples;
}

}  // namespace limpid::cli
