// SPDX-License-Identifier: MIT
// What commands that turn files into files have in common: arguments, plan, progress, summary.
#pragma once

#include <string>
#include <vector>

#include "examples/limpid/batch.h"
#include "examples/limpid/plan.h"

namespace CLI {
class App;
}

namespace limpid::cli {

struct FileArguments {
  std::string done;  // "enhanced": what a file is afterwards, and the suffix of its name
  std::vector<std::string> inputs{};
  std::string output{};
  int jobs = 0;  // 0: one a core
  bool resume = false, overwrite = false, json = false, quiet = false;

  int threads() const;  // jobs, with what 0 stands for
};

void add_files(CLI::App& command, FileArguments& arguments);
void add_jobs(CLI::App& command, FileArguments& arguments, const std::string& what = "Files",
              const std::string& standard = "one a core");
void add_reporting(CLI::App& command, FileArguments& arguments);

PlanRequest plan_request(const FileArguments& arguments);

struct FileRun {
  std::vector<FileResult> results;  // those that the plan had settled first
  double wall_seconds = 0;
  int status = 0;  // Exit
};
// The whole plan, until Ctrl-C, with progress, JSON lines and a summary.
FileRun run_plan(const Plan& plan, const FileTask& task, const FileArguments& arguments);

int refuse(const Error& error);  // says why, returns kUsage

}  // namespace limpid::cli
