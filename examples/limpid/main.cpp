// SPDX-License-Identifier: MIT
// limpid: speech enhancement on the command line.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <memory>

#include "examples/limpid/commands.h"
#include "examples/limpid/help.h"
#include "examples/limpid/terminal.h"

int main(int argc, char** argv) {
  using namespace limpid::cli;
  CLI::App app("limpid removes noise and reverberation from speech, live or from files.", "limpid");
  app.set_version_flag("--version", "limpid " LIMPID_VERSION);
  app.formatter(std::make_shared<Help>());
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 some files failed, 2 nothing was started, 130 interrupted.");
  int status = kOk;
  add_enhance(app, status);
  add_convolve(app, status);
#ifdef LIMPID_WITH_LIVE
  add_live(app, status);
#endif
  add_models(app, status);
  add_inspect(app, status);
  add_bench(app, status);
  add_attention(app, status);
  if (argc == 1) {
    std::cerr << app.help();
    return kUsage;
  }
  try {
    app.parse(argc, argv);
    return status;
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? kOk : kUsage;  // --help and --version are no errors
  } catch (const std::exception& problem) {
    complain(problem.what());
    return kFailed;
  }
}
