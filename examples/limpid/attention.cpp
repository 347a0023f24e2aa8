// SPDX-License-Identifier: MIT
// `limpid attention`: where a network looks while it hears a recording.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "examples/limpid/attention_summary.h"
#include "examples/limpid/commands.h"
#include "examples/limpid/help.h"
#include "examples/limpid/json.h"
#include "examples/limpid/ranges.h"
#include "examples/limpid/report/attention_page.h"
#include "examples/limpid/report/page_file.h"
#include "examples/limpid/terminal.h"
#include "lib/base/utf8_path.h"
#include "lib/dsp/resampler.h"
#include "lib/io/audio_file.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

struct Arguments {
  std::string model, audio, report;
  analysis::SinkConfig sinks;
  double seconds = 6;
  bool json = false;
};

struct Heard {
  Tensor<float, 2> samples;  // [channel][sample] at the model's rate
  double seconds = 0;        // of the recording
  bool cut = false;          // it goes on
};

// The beginning of the recording, as the model wants it.
Result<Heard> hear(const Arguments& arguments, const ModelSpec& spec) {
  auto reader = io::AudioReader::open(path_of(arguments.audio));
  if (!reader) return std::move(reader).error();
  const io::AudioFormat format = reader->format();
  if (format.channels < spec.input_channels)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}: model {} listens to {} channels, the recording has {}",
                             arguments.audio, spec.name, spec.input_channels, format.channels)};
  const auto most =
      std::min(static_cast<std::int64_t>(arguments.seconds * format.sample_rate), reader->frames());
  Tensor<float, 2> recording({format.channels, std::max<std::int64_t>(most, 1)});
  std::int64_t read = 0;
  while (read < most) {
    auto count = reader->read(recording.view().slice(1, read, most - read));
    if (!count) return std::move(count).error();
    if (*count == 0) break;
    read += *count;
  }
  Tensor<float, 2> beyond({format.channels, 1});  // frames() may be an estimate
  auto more = reader->read(beyond.view());
  if (!more) return std::move(more).error();
  auto resampler =
      dsp::Resampler::create(format.sample_rate, spec.sample_rate, spec.input_channels);
  if (!resampler) return std::move(resampler).error();
  const auto wanted = recording.view().slice(0, 0, spec.input_channels).slice(1, 0, read);
  auto resampled = resampler->process(wanted, true);
  if (!resampled) return std::move(resampled).error();
  Heard heard{Tensor<float, 2>({resampled->extent(0), resampled->extent(1)}),
              static_cast<double>(read) / format.sample_rate, *more > 0};
  for (std::ptrdiff_t c = 0; c < resampled->extent(0); ++c)
    std::ranges::copy((*resampled)[c].span(), heard.samples.view()[c].data());
  return heard;
}

int run(const Arguments& arguments) {
  const auto fail = [](const Error& error) {
    complain(error.message);
    return kUsage;
  };
  auto model = models::load(arguments.model);
  if (!model) return fail(model.error());
  const ModelSpec& spec = (*model)->spec();
  auto heard = hear(arguments, spec);
  if (!heard) return fail(heard.error());
  const auto page = path_of(arguments.report);
  if (auto usable = page.empty() ? Status(Done{}) : check_page(page); !usable)
    return fail(usable.error());
  auto trace = (*model)->trace_attention(heard->samples.view());
  if (!trace) return fail(trace.error());
  const AttentionSummary summary = summarise(*trace, arguments.sinks);
  if (!page.empty()) {
    auto written = write_attention_page(page, *trace, summary, {spec.name, arguments.audio});
    if (!written) return fail(written.error());
  }
  if (arguments.json) {
    nlohmann::ordered_json object{{"model", spec.name}, {"audio", arguments.audio}};
    object.update(to_json(summary));
    print_json(object);
    return kOk;
  }
  put(stdout,
      fmt::format("{} listening to {}{}: {}", printable(spec.name), printable(arguments.audio),
                  heard->cut ? fmt::format(" (the first {:g} s)", heard->seconds) : "",
                  to_text(summary)));
  return kOk;
}

}  // namespace

void add_attention(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "attention", "Show where a network with attention looks: sinks, massive activations, maps");
  command->add_option("model", arguments->model, "Name or .safetensors file")
      ->type_name("MODEL")
      ->required();
  command->add_option("audio", arguments->audio, "A recording")->type_name("AUDIO")->required();
  command->add_option("--report", arguments->report, "One page with tables and pictures")
      ->check(check_page_name)
      ->type_name("FILE.html");
  command
      ->add_option("--seconds", arguments->seconds,
                   "How much of the recording to hear; maps grow with its square")
      ->type_name("S")
      ->check(between(0.1, 600))
      ->capture_default_str();
  command
      ->add_option("--tokens", arguments->sinks.length,
                   "Sinks are measured among the first so many tokens, as published; 0: all")
      ->type_name("N")
      ->check(between(0, 1 << 20))
      ->capture_default_str();
  command
      ->add_option("--threshold", arguments->sinks.threshold,
                   "Mean attention that makes a token a sink of a head")
      ->type_name("EPSILON")
      ->check(between(0, 1))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "One JSON object");
  command->callback([arguments, &status] { status = run(*arguments); });
}

}  // namespace limpid::cli
