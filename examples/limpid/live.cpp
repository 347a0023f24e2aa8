// SPDX-License-Identifier: MIT
// `limpid live`: from the microphone to the loudspeaker.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "examples/limpid/channel_choice.h"
#include "examples/limpid/commands.h"
#include "examples/limpid/interrupt.h"
#include "examples/limpid/live_fake.h"
#include "examples/limpid/live_quiet.h"
#include "examples/limpid/live_show.h"
#include "examples/limpid/model_options.h"
#include "examples/limpid/ranges.h"
#include "examples/limpid/terminal.h"
#include "lib/base/utf8_path.h"
#include "models/rates.h"
#include "models/registry.h"
#include "streaming/live_engine.h"
#include "streaming/picked_inputs.h"
#include "streaming/portaudio_device.h"

namespace limpid::cli {
namespace {

using namespace streaming;

struct Arguments {
  std::string model, input, output;
  ChannelChoice channels;
  std::vector<std::string> fake;  // empty, or the file to hear and the file to write
  float attenuation_limit_db = 0;
  double deadline_ms = 0;
  int rate = 0, block = 0;
  bool list_devices = false;
};

int fail(const Error& error) {
  complain(error.message);
  return kUsage;
}

int list() {
  const auto devices = [] {
    const QuietStderr quiet;
    return streaming::list_devices();
  }();
  if (!devices) return fail(devices.error());
  if (devices->empty()) complain("no sound card found");
  for (const auto& device : *devices)
    put(stdout,
        fmt::format("{:3}  {:<40}  {:>2} in  {:>2} out  {:>6.0f} Hz  {}{}{}\n", device.index,
                    device.name, device.inputs, device.outputs, device.sample_rate, device.host,
                    device.default_input ? "  default input" : "",
                    device.default_output ? "  default output" : ""));
  return kOk;
}

// The device as the model hears it.
Result<std::unique_ptr<AudioDevice>> picked(std::unique_ptr<AudioDevice> device,
                                            std::vector<int> inputs) {
  return std::unique_ptr<AudioDevice>(
      std::make_unique<PickedInputs>(std::move(device), std::move(inputs)));
}

Result<std::unique_ptr<AudioDevice>> open_card(const Arguments& a, const Model& model) {
  auto inputs = choose_channels(model.spec(), a.channels);
  if (!inputs) return std::move(inputs).error();
  const ModelSpec& spec = model.spec();
  const int only_rate = spec.min_rate == spec.max_rate ? spec.sample_rate : 0;
  const QuietStderr quiet;
  auto card = open_portaudio({.input = a.input,
                              .output = a.output,
                              .sample_rate = a.rate > 0 ? a.rate : only_rate,
                              .block = a.block,
                              .inputs = 1 + *std::ranges::max_element(*inputs)});
  if (!card && card.error().code == ErrorCode::not_found)
    return Error{ErrorCode::not_found,
                 card.error().message +
                     " (`limpid live --list-devices` lists them, `--fake IN OUT` "
                     "does without)"};
  if (!card) return card;
  return picked(*std::move(card), *std::move(inputs));
}

std::string title_of(const Model& model, LiveEngine& engine) {
  const double rate = engine.device().format().sample_rate;
  return printable(fmt::format("{}: {}, {:.0f} ms later", model.spec().name,
                               engine.device().describe(), 1e3 * engine.latency() / rate));
}

// Opens, starts and talks; `finished` ends it as q does.
int converse(const std::shared_ptr<const Model>& model, std::unique_ptr<AudioDevice> card,
             LiveConfig config, const std::function<bool()>& finished,
             std::unique_ptr<LiveEngine>& engine) {
  config.channels = std::max(card->format().inputs / model->spec().input_channels, 1);
  auto opened = LiveEngine::open(model, std::move(card), config);
  if (!opened) return fail(opened.error());
  engine = *std::move(opened);
  watch_interrupt();
  const auto started = [&] {
    const QuietStderr quiet;
    return engine->start();
  }();
  if (!started) return fail(started.error());
  const auto title = [&] { return title_of(*model, *engine); };
  return show_live(*engine, title, finished) ? kOk : kFailed;
}

int run_fake(const Arguments& a, const std::shared_ptr<const Model>& model,
             const LiveConfig& config) {
  const auto heard_file = path_of(a.fake[0]), played_file = path_of(a.fake[1]);
  std::error_code ignored;
  if (std::filesystem::equivalent(heard_file, played_file, ignored))
    return fail({ErrorCode::invalid_argument, "--fake: " + a.fake[1] + " would be overwritten"});
  auto card = FakeCard::open(heard_file, a.block);
  if (!card) return fail(card.error());
  const FakeCard& file = **card;
  if (auto usable = file.check_output(played_file); !usable) return fail(usable.error());
  auto inputs = choose_channels(model->spec(), a.channels, file.format().inputs);
  if (!inputs) return fail(inputs.error());
  auto heard = picked(*std::move(card), *std::move(inputs));
  std::unique_ptr<LiveEngine> engine;
  const int status = converse(
      model, *std::move(heard), config, [&file] { return file.finished(); }, engine);
  if (status == kUsage) return status;
  if (const auto saved = file.save(played_file); !saved) {
    complain(saved.error().message);
    return kFailed;
  }
  if (!interrupted()) return status;
  complain(fmt::format("interrupted: {} holds the first {}", a.fake[1],
                       short_seconds(file.seconds_played())));
  return kInterrupted;
}

int run(const Arguments& a) {
  if (a.list_devices) return list();
  auto model = models::load(a.model);
  if (!model) return fail(model.error());
  const LiveConfig config{.attenuation_limit_db = a.attenuation_limit_db,
                          .deadline_seconds = a.deadline_ms / 1e3};
  if (!a.fake.empty()) return run_fake(a, *model, config);
  auto card = open_card(a, **model);
  if (!card) return fail(card.error());
  std::unique_ptr<LiveEngine> engine;
  return converse(
      *model, *std::move(card), config, [] { return false; }, engine);
}

}  // namespace

void add_live(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("live", "Enhance a microphone and play it at once");
  auto a = std::make_shared<Arguments>();
  add_model(*command, a->model);
  auto* input =
      command->add_option("--input", a->input, "Microphone: index, name or a part of the name");
  auto* output =
      command->add_option("--output", a->output, "Loudspeaker, likewise; use headphones");
  add_channel_options(*command, a->channels);
  command->add_flag("--list-devices", a->list_devices, "List the sound cards and end");
  add_attenuation_limit(*command, a->attenuation_limit_db);
  auto* rate = command
                   ->add_option("--rate", a->rate,
                                "Hz; by default the microphone's own, or the only one a model "
                                "runs at")
                   ->check(between(models::kLowestRate, models::kHighestRate));
  command->add_option("--block", a->block, "Samples the sound card moves at once; by default 5 ms")
      ->check(between(8, 8192));
  command
      ->add_option("--deadline", a->deadline_ms,
                   "Milliseconds the network may take, a part of the latency; by default a hop")
      ->check(between(0, 1000));
  command
      ->add_option("--fake", a->fake,
                   "Do with audio files what a sound card would do; OUT must not exist")
      ->expected(2)
      ->allow_extra_args(false)  // what looks like a list is none
      ->type_name("IN OUT")
      ->excludes(input)
      ->excludes(output)
      ->excludes(rate);
  command->footer(
      "Keys: space or b bypasses, q quits. Where a frame comes too late, the microphone itself is "
      "heard for that moment, at the same latency.");
  command->callback([a, &status] { status = run(*a); });
}

}  // namespace limpid::cli
