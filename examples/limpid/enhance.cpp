// SPDX-License-Identifier: MIT
// `limpid enhance`: files and folders in, enhanced files out.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "examples/limpid/batch.h"
#include "examples/limpid/commands.h"
#include "examples/limpid/interrupt.h"
#include "examples/limpid/help.h"
#include "examples/limpid/json.h"
#include "examples/limpid/plan.h"
#include "examples/limpid/progress.h"
#include "examples/limpid/report/report.h"
#include "examples/limpid/terminal.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

struct Arguments {
  std::vector<std::string> inputs;
  std::string output, model, report;
  ChannelChoice channels;
  int jobs = 0;
  float attenuation_limit_db = 0;
  bool resume = false, overwrite = false, exact = false;
  bool json = false, voice = false, quiet = false;
};

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

void print_summary(const Tally& tally, double wall_seconds, bool json) {
  if (json)
    print_json({{"type", "summary"},
                {"done", tally.done},
                {"skipped", tally.skipped},
                {"failed", tally.failed},
                {"cancelled", tally.cancelled},
                {"seconds", rounded(tally.audio_seconds, 1e6)},
                {"wall_seconds", rounded(wall_seconds, 1e6)}});
  std::string text = fmt::format("{} enhanced", tally.done);
  if (tally.skipped > 0) text += fmt::format(", {} skipped", tally.skipped);
  if (tally.failed > 0) text += fmt::format(", {} failed", tally.failed);
  if (tally.cancelled > 0) text += fmt::format(", {} not finished", tally.cancelled);
  put(stderr, fmt::format("limpid: {}; {} of audio in {}\n", text,
                          short_seconds(tally.audio_seconds), short_seconds(wall_seconds)));
}

int refuse(const Error& error) {
  complain(error.message);
  return kUsage;
}

std::vector<FileResult> process(const Plan& plan, EnhanceSettings settings,
                                const Arguments& arguments) {
  Progress progress(plan.jobs.size() + plan.settled.size(), plan.seconds,
                    stderr_is_terminal() && !arguments.quiet, arguments.quiet);
  const auto finished = [&](const FileResult& result) {
    progress.finished(result);
    if (arguments.json) print_json(to_json(result));
  };
  for (const FileResult& result : plan.settled) finished(result);
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const int jobs = arguments.jobs > 0 ? arguments.jobs : cores;
  settings.threads =
      std::max(1, jobs / static_cast<int>(std::max<std::size_t>(1, plan.jobs.size())));
  return run_batch(plan.jobs, settings, jobs,
                   {.advance = [&](double seconds) { progress.advance(seconds); },
                    .finished = finished,
                    .stop = interrupted});
}

int run(const Arguments& arguments) {
  auto model = models::load(arguments.model);
  if (!model) return refuse(model.error());
  if (arguments.voice && !(*model)->spec().voice_activity)
    return refuse({ErrorCode::unsupported,
                   "model " + (*model)->spec().name + " does not tell where speech is"});
  const bool chosen = !arguments.channels.list.empty() || arguments.channels.reference > 0;
  if (auto channels = choose_channels((*model)->spec(), arguments.channels); chosen && !channels)
    return refuse(channels.error());
  const EnhanceSettings settings{.model = *model,
                                 .attenuation_limit_db = arguments.attenuation_limit_db,
                                 .exact = arguments.exact,
                                 .voice = arguments.voice,
                                 .channels = arguments.channels};

  PlanRequest request;
  request.inputs.assign(arguments.inputs.begin(), arguments.inputs.end());
  request.output = arguments.output;
  if (arguments.resume) request.existing = Existing::skip_finished;
  if (arguments.overwrite) request.existing = Existing::overwrite;
  auto plan = make_plan(request);
  if (!plan) return refuse(plan.error());

  watch_interrupt();
  const auto start = std::chrono::steady_clock::now();
  std::vector<FileResult> results = process(*plan, settings, arguments);
  results.insert(results.begin(), plan->settled.begin(), plan->settled.end());
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const Tally tally = count(results);
  print_summary(tally, wall.count(), arguments.json);
  if (!arguments.report.empty() && !interrupted()) {
    const ReportFacts facts{(*model)->spec(), arguments.attenuation_limit_db, wall.count()};
    if (auto written = write_report(arguments.report, results, facts); !written) {
      complain(written.error().message);
      return kFailed;
    }
    put(stderr, fmt::format("limpid: report in {}\n", arguments.report));
  }
  if (interrupted()) return kInterrupted;
  return tally.failed > 0 ? kFailed : kOk;
}

void add_processing(CLI::App& command, Arguments& a) {
  command.add_option("-m,--model", a.model, "Name (see `limpid models`) or .safetensors file")
      ->type_name("MODEL");
  add_channel_options(command, a.channels);
  command.add_option("-j,--jobs", a.jobs, "Files at the same time (default: one a core)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  auto* limit = command.add_option("-a,--attenuation-limit", a.attenuation_limit_db,
                                   "Lower noise by at most this much, which keeps some of the "
                                   "room (default: no limit)");
  limit->check(CLI::Range(0.0f, 200.0f))->type_name("dB");
  command
      .add_flag("--exact", a.exact,
                "Use the model's published offline recipe, sample for sample; needs memory for "
                "a whole file")
      ->excludes(limit);
}

void add_files(CLI::App& command, Arguments& a) {
  command.add_option("inputs", a.inputs, "Audio files, and folders (with all below them)")
      ->required()
      ->type_name("IN...");
  command
      .add_option("-o,--output", a.output,
                  "Where results go: a file name for one file, otherwise a folder, which keeps "
                  "names and trees. Without it a.wav becomes a.enhanced.wav, folder/ becomes "
                  "folder.enhanced/")
      ->type_name("OUT");
  auto* resume = command.add_flag("--resume", a.resume,
                                  "Skip files whose result is there, readable and newer");
  command.add_flag("--overwrite", a.overwrite, "Replace results that are there")->excludes(resume);
}

void add_reporting(CLI::App& command, Arguments& a) {
  command
      .add_option("--report", a.report,
                  "Write a page with pictures and players of before and after")
      ->check(check_page_name)
      ->type_name("FILE.html");
  auto* json = command.add_flag("--json", a.json,
                                "One JSON object a file on standard output, and a summary");
  command
      .add_flag("--voice", a.voice,
                "With --json: the probability of speech in every frame of every channel")
      ->needs(json)
      ->excludes("--exact");
  command.add_flag("-q,--quiet", a.quiet, "No progress; only problems and the last line");
}

}  // namespace

void add_enhance(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("enhance", "Enhance audio files and folders of them");
  add_files(*command, *arguments);
  add_processing(*command, *arguments);
  add_reporting(*command, *arguments);
  command->callback([arguments, &status] { status = run(*arguments); });
}

}  // namespace limpid::cli
