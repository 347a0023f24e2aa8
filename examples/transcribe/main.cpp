// SPDX-License-Identifier: MIT
// Words in a recording, by the audio-visual recogniser of models/avsr:
//   limpid_transcribe assets/avsr/digits.safetensors noisy.wav
//   limpid_transcribe assets/avsr/digits.safetensors noisy.wav --lips-from clean.wav
// There is no camera here: lips can only be synthesised, from a clean recording of the same words.
#include <CLI/CLI.hpp>
#include <iostream>

#include "lib/dsp/resampler.h"
#include "lib/io/audio_file.h"
#include "models/avsr/features.h"
#include "models/avsr/recogniser.h"

namespace limpid {
namespace {

namespace avsr = models::avsr;

// The first channel of a file at `rate` Hz.
Result<std::vector<float>> mono(const std::string& path, int rate) {
  const auto audio = io::read_audio(path);
  if (!audio) return audio.error();
  auto resampler = dsp::Resampler::create(audio->format.sample_rate, rate, 1);
  if (!resampler) return resampler.error();
  const auto samples = resampler->process(audio->samples.view().slice(0, 0, 1), true);
  if (!samples) return samples.error();
  const auto channel = (*samples)[0].span();
  return std::vector<float>(channel.begin(), channel.end());
}

Result<std::string> transcribe(const std::string& model, const std::string& recording,
                               const std::string& clean, int rate) {
  const auto recogniser = avsr::Recogniser::open(model);
  if (!recogniser) return recogniser.error();
  const avsr::Config& config = recogniser->config();
  const auto audio = mono(recording, config.sample_rate);
  if (!audio) return audio.error();
  Tensor<float, 2> lips;
  if (!clean.empty()) {
    const auto reference = mono(clean, config.sample_rate);
    if (!reference) return reference.error();
    auto made = avsr::synthetic_lips(*reference, config.sample_rate, {config.window, config.hop},
                                     config.lip_frames);
    if (!made) return made.error();
    lips = *std::move(made);
  }
  const auto words = recogniser->transcribe({*audio, lips.view(), rate});
  if (!words) return words.error();
  return text(config, *words);
}

}  // namespace
}  // namespace limpid

int main(int argc, char** argv) {
  CLI::App app("Words in a recording, by an audio-visual recogniser.");
  std::string model, recording, clean;
  int rate = 0;
  app.add_option("model", model, "weights of a recogniser")->required();
  app.add_option("audio", recording, "a recording")->required();
  app.add_option("--lips-from", clean, "clean recording of the same words: lips are made up of it");
  app.add_option("--rate", rate, "audio frames of 10 ms in a token; 0: as the model prefers");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;  // --help is no error
  }
  const auto words = limpid::transcribe(model, recording, clean, rate);
  if (!words) {
    std::cerr << "limpid_transcribe: " << words.error().message << '\n';
    return 2;
  }
  std::cout << *words << std::endl;
  if (std::cout) return 0;
  std::cerr << "limpid_transcribe: cannot write to standard output\n";
  return 1;
}
