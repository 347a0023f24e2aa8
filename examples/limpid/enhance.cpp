// SPDX-License-Identifier: MIT
// `limpid enhance`: files and folders in, enhanced files out.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>

#include "examples/limpid/commands.h"
#include "examples/limpid/device_option.h"
#include "examples/limpid/exact.h"
#include "examples/limpid/file_command.h"
#include "examples/limpid/help.h"
#include "examples/limpid/interrupt.h"
#include "examples/limpid/model_options.h"
#include "examples/limpid/pieces.h"
#include "examples/limpid/report/page_file.h"
#include "examples/limpid/report/report.h"
#include "examples/limpid/shared_model.h"
#include "examples/limpid/terminal.h"
#include "lib/base/utf8_path.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

struct Arguments {
  FileArguments files{.done = "enhanced"};
  std::string model, report, device = "cpu", arithmetic = "exact";
  ChannelChoice channels;
  float attenuation_limit_db = 0;
  bool exact = false, voice = false;
};

constexpr int kFilesOnGpu = 128;  // or pieces at the same time, with threads that mostly wait

// Whether what is asked for can be had, before anything is written: of whole files, with an empty
// one.
Status try_cpu(const EnhanceSettings& settings) {
  if (!settings.takes_whole_files()) return Done{};
  const int inputs = settings.model->spec().input_channels;
  auto none = settings.model->enhance_exact({nullptr, {inputs, 0}}, 1);
  if (!none) return std::move(none).error();
  return Done{};
}

// The same on a GPU. What takes whole files stays open.
Status try_gpu(EnhanceSettings& settings, int gpu, Arithmetic arithmetic) {
  if (settings.takes_whole_files()) {
    auto session = settings.model->open_exact({.gpu = gpu, .gpu_arithmetic = arithmetic});
    if (!session) return std::move(session).error();
    settings.whole = std::make_shared<SharedExact>(*std::move(session));
    return Done{};
  }
  auto session =
      settings.model->open({.sample_rate = settings.model->spec().sample_rate, .gpu = gpu});
  if (!session) return std::move(session).error();
  return Done{};
}

// Files that stream are lanes of a few sessions.
void share_gpu(EnhanceSettings& settings, const Sharing& sharing) {
  settings.model = std::make_shared<SharedModel>(settings.model, sharing);
  settings.frames_per_call = sharing.frames;
  settings.shared = true;
}

// Streams at the same time when so many files are: those with the most pieces may meet.
int count_streams(const Plan& plan, const EnhanceSettings& settings, int files) {
  std::vector<int> pieces;
  for (const FileJob& job : plan.jobs)
    pieces.push_back(plan_pieces(*settings.model, job.input_format.sample_rate,
                                 std::llround(job.seconds * job.input_format.sample_rate), 1,
                                 settings.threads)
                         .at_once);
  std::ranges::sort(pieces, std::greater());
  pieces.resize(std::min(pieces.size(), static_cast<std::size_t>(files)));
  return std::max(1, std::accumulate(pieces.begin(), pieces.end(), 0));
}

Result<Plan> plan_of(const Arguments& arguments) {
  PlanRequest request = plan_request(arguments.files);
  request.report = path_of(arguments.report);
  auto plan = make_plan(request);
  if (!plan || arguments.report.empty()) return plan;
  if (auto usable = check_page(request.report); !usable) return std::move(usable).error();
  return plan;
}

// The page about what was done, unless somebody stops that.
int report_on(const FileRun& done, const Arguments& arguments, const ModelSpec& model) {
  if (arguments.report.empty()) return done.status;
  const ReportFacts facts{model, arguments.attenuation_limit_db, done.wall_seconds};
  const auto written = write_report(path_of(arguments.report), done.results, facts);
  if (!written) {
    complain(written.error().message);
    return kFailed;
  }
  if (!*written) {
    complain("interrupted: there is no report");
    return kInterrupted;
  }
  put(stderr, fmt::format("limpid: report in {}\n", printable(arguments.report)));
  return done.status;
}

Status check_arguments(const ModelSpec& spec, const Arguments& arguments) {
  if (auto fits = check_enhances(spec); !fits) return fits;
  if (arguments.voice && !spec.voice_activity)
    return Error{ErrorCode::unsupported, "model " + spec.name + " does not tell where speech is"};
  const bool chosen = !arguments.channels.list.empty() || arguments.channels.reference > 0;
  if (auto channels = choose_channels(spec, arguments.channels); chosen && !channels)
    return std::move(channels).error();
  return check_arithmetic(arguments.device, arguments.arithmetic);
}

int run(const Arguments& arguments) {
  auto model = models::load(arguments.model);
  if (!model) return refuse(model.error());
  if (auto fits = check_arguments((*model)->spec(), arguments); !fits) return refuse(fits.error());
  EnhanceSettings settings{.model = *model,
                           .attenuation_limit_db = arguments.attenuation_limit_db,
                           .exact = arguments.exact,
                           .voice = arguments.voice,
                           .channels = arguments.channels};
  const int gpu = gpu_of(arguments.device);
  const Arithmetic arithmetic = arithmetic_of(arguments.arithmetic);
  if (auto usable = gpu < 0 ? try_cpu(settings) : try_gpu(settings, gpu, arithmetic); !usable)
    return refuse(usable.error());
  auto plan = plan_of(arguments);
  if (!plan) return refuse(plan.error());
  const auto files = std::max<int>(1, static_cast<int>(plan->jobs.size()));
  settings.threads = std::max(1, arguments.files.threads() / files);
  FileArguments file_arguments = arguments.files;
  if (gpu >= 0 && !settings.takes_whole_files()) {
    if (file_arguments.jobs == 0) file_arguments.jobs = kFilesOnGpu;
    const int at_once = std::min(files, file_arguments.jobs);
    settings.threads = file_arguments.jobs / at_once;
    share_gpu(
        settings,
        {.gpu = gpu, .arithmetic = arithmetic, .files = count_streams(*plan, settings, at_once)});
    order_for_gpu(*plan);
  }

  const FileRun done = run_plan(
      *plan,
      [&](const FileJob& job, const Advance& advance) {
        return enhance_file(job, settings, advance);
      },
      file_arguments);
  return report_on(done, arguments, (*model)->spec());
}

void add_processing(CLI::App& command, Arguments& a) {
  add_model(command, a.model);
  add_channel_options(command, a.channels);
  add_arithmetic(command, a.arithmetic)->needs(add_device(command, a.device));
  add_jobs(command, a.files, "Files, or pieces of long ones,",
           fmt::format("one a core, on a GPU {}", kFilesOnGpu));
  CLI::Option* limit = add_attenuation_limit(command, a.attenuation_limit_db);
  command
      .add_flag("--exact", a.exact,
                "Use the model's published offline recipe, sample for sample; needs memory for "
                "a whole file; not together with -a or --voice")
      ->excludes(limit);
}

void add_report(CLI::App& command, Arguments& a) {
  command
      .add_option("--report", a.report,
                  "Write a page with pictures and players of before and after")
      ->check(check_page_name)
      ->type_name("FILE.html");
  add_reporting(command, a.files);
  command
      .add_flag("--voice", a.voice,
                "With --json: the probability of speech in every frame of every channel")
      ->needs("--json")
      ->excludes("--exact");
}

}  // namespace

void add_enhance(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("enhance", "Enhance audio files and folders of them");
  add_files(*command, arguments->files);
  add_processing(*command, *arguments);
  add_report(*command, *arguments);
  command->callback([arguments, &status] { status = run(*arguments); });
}

}  // namespace limpid::cli
