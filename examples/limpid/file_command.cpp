// SPDX-License-Identifier: MIT
#include "examples/limpid/file_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "examples/limpid/commands.h"
#include "examples/limpid/interrupt.h"
#include "examples/limpid/json.h"
#include "examples/limpid/progress.h"
#include "examples/limpid/ranges.h"
#include "examples/limpid/terminal.h"
#include "lib/base/utf8_path.h"

namespace limpid::cli {
namespace {

struct Tally {
  int done = 0, skipped = 0, failed = 0, cancelled = 0;
  double audio_seconds = 0;
};

Tally count(const std::vector<FileResult>& results) {
  Tally tally;
  for (const FileResult& result : results) {
    tally.done += result.outcome == Outcome::done;
    tally.skipped += result.outcome == Outcome::skipped;
    tally.failed += result.outcome == Outcome::failed;
    tally.cancelled += result.outcome == Outcome::cancelled;
    tally.audio_seconds += result.audio_seconds;
  }
  return tally;
}

void print_summary(const Tally& tally, double wall_seconds, const FileArguments& arguments) {
  if (arguments.json)
    print_json({{"type", "summary"},
                {"done", tally.done},
                {"skipped", tally.skipped},
                {"failed", tally.failed},
                {"cancelled", tally.cancelled},
                {"seconds", rounded(tally.audio_seconds, 1e6)},
                {"wall_seconds", rounded(wall_seconds, 1e6)}});
  std::string text = fmt::format("{} {}", tally.done, arguments.done);
  if (tally.skipped > 0) text += fmt::format(", {} skipped", tally.skipped);
  if (tally.failed > 0) text += fmt::format(", {} failed", tally.failed);
  if (tally.cancelled > 0) text += fmt::format(", {} not finished", tally.cancelled);
  put(stderr, fmt::format("limpid: {}; {} of audio in {}\n", text,
                          short_seconds(tally.audio_seconds), short_seconds(wall_seconds)));
}

std::vector<FileResult> process(const Plan& plan, const FileTask& task,
                                const FileArguments& arguments) {
  Progress progress(plan.jobs.size() + plan.settled.size(), plan.seconds,
                    stderr_is_terminal() && !arguments.quiet, arguments.quiet);
  const auto report = [&](const FileResult& result) {
    if (arguments.json) print_json(to_json(result));
  };
  const auto finished = [&](const FileResult& result) {
    progress.finished(result);
    report(result);
  };
  for (const FileResult& result : plan.settled) finished(result);
  return run_batch(plan.jobs, task, arguments.threads(),
                   {.advance = [&](double seconds) { progress.advance(seconds); },
                    .finished = finished,
                    .stop = interrupted,
                    .dropped = report},
                   plan.order);
}

}  // namespace

int FileArguments::threads() const {
  return jobs > 0 ? jobs : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

PlanRequest plan_request(const FileArguments& arguments) {
  PlanRequest request;
  for (const std::string& input : arguments.inputs) request.inputs.push_back(path_of(input));
  request.output = path_of(arguments.output);
  request.suffix = "." + arguments.done;
  if (arguments.resume) request.existing = Existing::skip_finished;
  if (arguments.overwrite) request.existing = Existing::overwrite;
  return request;
}

FileRun run_plan(const Plan& plan, const FileTask& task, const FileArguments& arguments) {
  watch_interrupt();
  watch_hangup();
  const auto start = std::chrono::steady_clock::now();
  FileRun run;
  run.results = process(plan, task, arguments);
  run.results.insert(run.results.begin(), plan.settled.begin(), plan.settled.end());
  run.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Tally tally = count(run.results);
  print_summary(tally, run.wall_seconds, arguments);
  run.status = interrupted() ? kInterrupted : tally.failed > 0 ? kFailed : kOk;
  return run;
}

int refuse(const Error& error) {
  complain(error.message);
  return kUsage;
}

void add_files(CLI::App& command, FileArguments& a) {
  command.add_option("inputs", a.inputs, "Audio files, and folders (with all below them)")
      ->required()
      ->type_name("IN...");
  command
      .add_option("-o,--output", a.output,
                  "Where results go: a file name for one file, otherwise a folder, which keeps "
                  "names and trees. Without it a.wav becomes a." +
                      a.done + ".wav, folder/ becomes folder." + a.done + "/")
      ->type_name("OUT");
  auto* resume = command.add_flag("--resume", a.resume,
                                  "Skip files whose result is there, readable and newer");
  command.add_flag("--overwrite", a.overwrite, "Replace results that are there")->excludes(resume);
}

void add_jobs(CLI::App& command, FileArguments& a, const std::string& what,
              const std::string& standard) {
  command.add_option("-j,--jobs", a.jobs, what + " at the same time (default: " + standard + ")")
      ->check(between(1, 1024))
      ->type_name("N");
}

void add_reporting(CLI::App& command, FileArguments& a) {
  command.add_flag("--json", a.json, "One JSON object a file on standard output, and a summary");
  command.add_flag("-q,--quiet", a.quiet, "No progress; only problems and the last line");
}

}  // namespace limpid::cli
