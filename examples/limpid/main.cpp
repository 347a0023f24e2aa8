// SPDX-License-Identifier: MIT
// limpid: speech enhancement on the command line.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "examples/limpid/arguments.h"
#include "examples/limpid/commands.h"
#include "examples/limpid/descriptors.h"
#include "examples/limpid/generate.h"
#include "examples/limpid/help.h"
#include "examples/limpid/literal.h"
#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

std::string failure(const CLI::App*, const CLI::Error& error) {
  return printable(error.what()) + "\nRun with --help for more information.\n";
}

// Whether `name` can only be a command that there is not; says so then. CLI11 would ask for one.
bool is_mistyped(const CLI::App& app, const std::string& name) {
  if (name.starts_with('-')) return false;
  std::string commands;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name() == name) return false;
    commands += (commands.empty() ? "" : ", ") + command->get_name();
  }
  complain("no command '" + name + "': there are " + commands);
  return true;
}

int run(const std::vector<std::string>& arguments) {
  CLI::App app("limpid removes noise and reverberation from speech, live or from files.", "limpid");
  app.set_version_flag("--version", "limpid " LIMPID_VERSION);
  app.formatter(std::make_shared<Help>());
  app.failure_message(failure);
  app.require_subcommand(1);
  app.allow_windows_style_options(false);  // there too "/tmp" is a folder
  app.footer("Exit codes: 0 done, 1 some files failed, 2 nothing was started, 130 interrupted.");
  int status = kOk;
  add_enhance(app, status);
  add_convolve(app, status);
  add_pipe(app, status);
#ifdef LIMPID_WITH_LIVE
  add_live(app, status);
#endif
  add_models(app, status);
  add_inspect(app, status);
  add_bench(app, status);
  add_attention(app, status);
  add_generate(app);
  if (arguments.size() < 2) {
    std::cerr << app.help();
    return kUsage;
  }
  if (is_mistyped(app, arguments[1])) return kUsage;
  take_literally(app);
  try {
    app.parse(literal_arguments(arguments));
    return status;
  } catch (const CLI::ParseError& problem) {
    std::ostringstream help;
    const int code = app.exit(problem, help, std::cerr);
    put(stdout, help.str());
    return code == 0 ? kOk : kUsage;  // --help and --version are no errors
  } catch (const std::exception& problem) {
    complain(problem.what());
    return kFailed;
  }
}

// Results that arrived nowhere are a failure, however well everything else went.
int with_output_checked(int status) {
  if (lost_output() == 0) return status;
  complain("cannot write to standard output: " + std::generic_category().message(lost_output()));
  return status == kOk ? kFailed : status;
}

}  // namespace
}  // namespace limpid::cli

int main(int argc, char** argv) {
  using namespace limpid::cli;
  if (!occupy_closed_descriptors()) return kUsage;
  prepare_terminal();
  return with_output_checked(run(utf8_arguments(argc, argv)));
}
