// SPDX-License-Identifier: MIT
// `limpid convolve`: files and folders through an impulse response.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

#include "examples/limpid/commands.h"
#include "examples/limpid/convolve_job.h"
#include "examples/limpid/file_command.h"
#include "examples/limpid/ranges.h"
#include "lib/base/utf8_path.h"

namespace limpid::cli {
namespace {

struct Arguments {
  FileArguments files{.done = "convolved"};
  std::string response;
  std::vector<std::string> routes;
  double gain_db = 0, tail_seconds = -1;
};

// "IN:OUT:FILTER", counted from 1.
Result<dsp::ConvRoute> parse_route(const std::string& text) {
  std::vector<int> numbers;
  for (const std::string_view part : split(text, ':'))
    numbers.push_back(whole_number(part, kMaxChannels));
  if (numbers.size() == 3 && std::ranges::find(numbers, 0) == numbers.end())
    return dsp::ConvRoute{numbers[0] - 1, numbers[1] - 1, numbers[2] - 1};
  return Error{
      ErrorCode::invalid_argument,
      fmt::format("--route {}: expected IN:OUT:FILTER, numbers from 1 to {}", text, kMaxChannels)};
}

Result<ConvolveSettings> settings_of(const Arguments& a) {
  ConvolveSettings settings;
  auto response = io::read_audio(path_of(a.response));
  if (!response) return std::move(response).error();
  settings.response = *std::move(response);
  settings.response_name = a.response;
  if (settings.response.samples.extent(1) == 0)
    return Error{ErrorCode::bad_format, a.response + ": a response without samples"};
  for (std::ptrdiff_t c = 0; c < settings.response.samples.extent(0); ++c)
    for (const float tap : settings.response.samples.view()[c].span())
      if (!std::isfinite(tap))
        return Error{ErrorCode::bad_format, a.response + ": a sample is not a number"};
  for (const std::string& text : a.routes) {
    auto route = parse_route(text);
    if (!route) return std::move(route).error();
    settings.routes.push_back(*route);
  }
  settings.gain = static_cast<float>(std::pow(10.0, a.gain_db / 20));
  settings.tail_seconds = a.tail_seconds;
  return settings;
}

int run(const Arguments& arguments) {
  auto settings = settings_of(arguments);
  if (!settings) return refuse(settings.error());
  PlanRequest request = plan_request(arguments.files);
  request.also_read = {path_of(arguments.response)};
  auto plan = make_plan(request);
  if (!plan) return refuse(plan.error());
  return run_plan(
             *plan,
             [&](const FileJob& job, const Advance& advance) {
               return convolve_file(job, *settings, advance);
             },
             arguments.files)
      .status;
}

void add_filter(CLI::App& command, Arguments& a) {
  command.add_option("--ir", a.response, "Impulse response: an audio file, a filter a channel")
      ->required()
      ->type_name("FILE");
  command
      .add_option("--route", a.routes,
                  "From channel IN through channel FILTER of the response to channel OUT of the "
                  "result, counted from 1; may be repeated (default: by the numbers of channels)")
      ->type_name("IN:OUT:FILTER")
      ->allow_extra_args(false);  // one each, and what looks like a list is none
  command.add_option("--gain", a.gain_db, "Louder or, below 0, softer")
      ->check(between(-200, 200))
      ->type_name("dB");
  command
      .add_option("--tail", a.tail_seconds,
                  "End at most so long after the recording (default: when the response ends)")
      ->check(between(0, 1e6))
      ->type_name("SECONDS");
}

}  // namespace

void add_convolve(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "convolve", "Play audio files through an impulse response: rooms, loudspeakers, filters");
  add_files(*command, arguments->files);
  add_filter(*command, *arguments);
  add_jobs(*command, arguments->files);
  add_reporting(*command, arguments->files);
  command->callback([arguments, &status] { status = run(*arguments); });
}

}  // namespace limpid::cli
