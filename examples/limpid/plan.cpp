// SPDX-License-Identifier: MIT
#include "examples/limpid/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "examples/limpid/collisions.h"
#include "examples/limpid/scan.h"
#include "lib/io/output_format.h"

namespace limpid::cli {
namespace {

namespace fs = std::filesystem;

Error usage(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}

fs::path without_trailing_slash(const fs::path& path) {
  return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
}

// Whether `output` names one file rather than a folder for files.
bool is_file_name(const PlanRequest& request) {
  std::error_code ignored;
  return request.inputs.size() == 1 && !fs::is_directory(request.inputs[0], ignored) &&
         request.output.has_filename() && !fs::is_directory(request.output, ignored);
}

fs::path output_of(const Found& found, const PlanRequest& request) {
  if (!request.output.empty())
    return is_file_name(request) ? request.output : request.output / found.relative;
  if (!found.folder.empty()) {
    fs::path folder = without_trailing_slash(found.folder.lexically_normal());
    if (folder.filename() == "." || folder.filename() == "..") folder = fs::canonical(folder);
    return (folder += request.suffix) / found.relative;
  }
  fs::path name = found.file.stem();
  name += request.suffix;
  name += found.file.extension();
  return found.file.parent_path() / name;
}

// Outputs are written under another name and renamed: one that is there is whole.
bool finished(const FileJob& job) {
  std::error_code problem;
  const auto written = fs::last_write_time(job.output, problem);
  if (problem) return false;
  const auto read = fs::last_write_time(job.input, problem);
  return !problem && written >= read && io::AudioReader::open(job.output).ok();
}

FileResult failure(const fs::path& input, std::string message) {
  FileResult result;
  result.job.input = input;
  result.outcome = Outcome::failed;
  result.error = std::move(message);
  return result;
}

Result<FileJob> make_job(const Found& found, const PlanRequest& request,
                         const io::AudioReader& reader) {
  FileJob job;
  job.input = found.file;
  job.output = output_of(found, request);
  job.input_format = reader.format();
  job.seconds = static_cast<double>(reader.frames()) / reader.format().sample_rate;
  if (!request.output.empty() && is_file_name(request)) {
    auto format = io::format_for_name(job.output, reader.format(), job.input);
    if (!format) return std::move(format).error();
    job.output_format = *format;
    return job;
  }
  const io::OutputFormat format = io::same_format(reader.format());
  job.output_format = format.format;
  job.notice = format.notice;
  if (format.extension.empty()) return job;
  if (io::has_audio_extension(job.output)) job.output.replace_extension();
  job.output += format.extension;  // also behind a name that has none, but may have a point
  return job;
}

// Jobs whose output exists are refused, taken as finished or left in the plan.
Status settle(std::vector<FileJob> jobs, Existing existing, Plan& plan) {
  std::error_code ignored;
  for (FileJob& job : jobs) {
    const bool exists = fs::exists(job.output, ignored);
    if (exists && existing == Existing::refuse)
      return usage(
          fmt::format("{} exists already: give --overwrite to replace it, or --resume to "
                      "keep what is finished",
                      job.output.string()));
    if (exists && existing == Existing::skip_finished && finished(job)) {
      FileResult skipped;
      skipped.job = std::move(job);
      skipped.outcome = Outcome::skipped;
      plan.settled.push_back(std::move(skipped));
      continue;
    }
    plan.seconds += job.seconds;
    plan.jobs.push_back(std::move(job));
  }
  return Done{};
}

}  // namespace

Result<Plan> make_plan(const PlanRequest& request) {
  std::error_code ignored;
  if (!request.output.empty() && !is_file_name(request) && fs::exists(request.output, ignored) &&
      !fs::is_directory(request.output, ignored))
    return usage(fmt::format("{} is a file, and several inputs need a folder to go to",
                             request.output.string()));
  Plan plan;
  Scan scan = find_inputs(request.inputs, request.output);
  for (const auto& [path, message] : scan.problems) plan.settled.push_back(failure(path, message));

  std::vector<FileJob> jobs;
  for (const Found& found : scan.files) {
    auto reader = io::AudioReader::open(found.file);
    if (!reader) {
      plan.settled.push_back(failure(found.file, reader.error().message));
      continue;
    }
    auto job = make_job(found, request, *reader);
    if (!job) return std::move(job).error();
    jobs.push_back(*std::move(job));
  }
  for (const fs::path& path : request.also_read) scan.files.push_back({path, path.filename(), {}});
  if (auto problem = find_collision(jobs, scan, request.report)) return usage(*std::move(problem));

  if (auto status = settle(std::move(jobs), request.existing, plan); !status)
    return std::move(status).error();
  return plan;
}

void order_for_gpu(Plan& plan) {
  plan.order.resize(plan.jobs.size());
  std::iota(plan.order.begin(), plan.order.end(), std::size_t{0});
  std::ranges::stable_sort(plan.order, {}, [&](std::size_t i) {
    return std::pair(plan.jobs[i].input_format.sample_rate, -plan.jobs[i].seconds);
  });
}

}  // namespace limpid::cli
