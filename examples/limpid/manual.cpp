// SPDX-License-Identifier: MIT
// The manual page, for man(1): roff with the macros of man(7).
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "examples/limpid/argument_values.h"
#include "examples/limpid/commands.h"
#include "examples/limpid/generate.h"
#include "examples/limpid/help.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

// What help has no room for. One of a command or a model that this build lacks is left out.
struct Example {
  const char* command;
  const char* arguments;
  const char* model;  // "": any
  const char* result;
};
constexpr Example kExamples[] = {
    {"enhance", "talk.wav", "", "Writes talk.enhanced.wav."},
    {"enhance", "recordings/ -o clean/ --report report.html", "",
     "Cleans a folder, keeps its tree, and shows in a page what was done."},
    {"enhance", "meeting.wav -m array-light-4 --channels 1-4", "array-light-4",
     "Hears a recording of four microphones."},
    {"live", "--input USB --attenuation-limit 15", "",
     "Enhances a microphone, and leaves some of its room."},
    {"convolve", "voice.wav --ir hall.wav", "", "Puts a voice into a hall."},
    {"pipe", "< noisy.wav > clean.wav", "",
     "Enhances what another program writes while it writes it, for the next one."}};

constexpr char kExitStatus[] = R"(.SH EXIT STATUS
.TP
{}
done
.TP
{}
some files failed, the others are done; or results could not all be written to standard output; or a sound card was lost
.TP
{}
nothing was started
.TP
{}
interrupted; what is there is whole
)";
constexpr char kEnvironment[] = R"(.SH ENVIRONMENT
.TP
.B NO_COLOR
Where it is not empty, messages on a terminal have no colour.
.TP
.BR LC_ALL ", " LC_CTYPE ", " LANG
The first that is not empty says whether the terminal takes UTF\-8. Where it does not, bars are of ASCII.
)";

// As text: no dash is a hyphen, no grave accent a quotation mark, no beginning a macro's dot.
std::string text(const std::string& plain) {
  std::string roff;
  for (const char c : plain) {
    if (roff.empty() && (c == '.' || c == '\'')) roff += "\\&";
    if (c == '\\')
      roff += "\\e";
    else if (c == '-')
      roff += "\\-";
    else if (c == '`')
      roff += "\\(ga";
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
  return entry(term, purpose_of(option));
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

std::string examples(const CLI::App& app) {
  std::string page = ".SH EXAMPLES\n";
  const std::vector<std::string> models = models::shipped();
  for (const Example& example : kExamples) {
    const std::string command = example.command, model = example.model;
    const auto is_it = [&](const CLI::App* other) { return other->get_name() == command; };
    if (app.get_subcommands(is_it).empty()) continue;
    if (!model.empty() && std::ranges::find(models, model) == models.end()) continue;
    page += entry(bold(fmt::format("limpid {} {}", command, example.arguments)), example.result);
  }
  return page;
}

}  // namespace

std::string manual_page(const CLI::App& app) {
  const auto commands = app.get_subcommands({});
  std::string page = fmt::format(
      ".TH LIMPID 1 \"\" \"limpid {}\" \"User Commands\"\n.nh\n"
      ".SH NAME\nlimpid \\- enhances speech: removes noise and reverberation\n.SH SYNOPSIS\n",
      text(LIMPID_VERSION));
  for (std::size_t i = 0; i < commands.size(); ++i)
    page += (i > 0 ? ".br\n" : "") + usage(*commands[i]);
  page += ".SH DESCRIPTION\n" + text(app.get_description()) + "\n.SH OPTIONS\n" + options_of(app) +
          ".SH COMMANDS\n";
  for (const CLI::App* command : commands) page += section_of(*command, app.get_footer());
  page += fmt::format(kExitStatus, int{kOk}, int{kFailed}, int{kUsage}, int{kInterrupted});
  return page + kEnvironment + examples(app);
}

}  // namespace limpid::cli
