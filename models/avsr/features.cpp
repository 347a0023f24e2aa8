// SPDX-License-Identifier: MIT
// training/limpid_train/avsr/features.py is the definition.
#include "models/avsr/features.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace limpid::models::avsr {
namespace {

constexpr double kFloor = 1e-3;  // of the mean power of an utterance: 30 dB

double mel(double hertz) {
  return 2595 * std::log10(1 + hertz / 700);
}
double hertz(double mel) {
  return 700 * (std::pow(10, mel / 2595) - 1);
}

// [frame][bin] powers, bins 0 .. window / 2.
Result<Tensor<float, 2>> spectra(std::span<const float> audio, const dsp::StftSpec& spec) {
  auto analysis = dsp::Analysis::create(spec, 1);
  if (!analysis) return analysis.error();
  Tensor<float, 2> power({static_cast<std::ptrdiff_t>(audio.size()) / spec.hop, spec.bins()});
  std::vector<dsp::cfloat> column(static_cast<std::size_t>(spec.bins()));
  for (std::ptrdiff_t t = 0; t < power.extent(0); ++t) {
    analysis->process(0, audio.data() + t * spec.hop, column.data());
    std::ranges::transform(column, power.view()[t].data(),
                           [](dsp::cfloat x) { return std::norm(x); });
  }
  return power;
}

// log(p + 0.001 mean p), its mean over time taken away, halved.
void level(TensorView<float, 2> power) {
  const std::ptrdiff_t frames = power.extent(0), width = power.extent(1);
  double sum = 0;
  for (std::ptrdiff_t t = 0; t < frames; ++t)
    for (const float value : power[t].span()) sum += value;
  const double floor =
      kFloor * sum / std::max<double>(1, static_cast<double>(frames * width)) + 1e-12;
  for (std::ptrdiff_t c = 0; c < width; ++c) {
    double mean = 0;
    for (std::ptrdiff_t t = 0; t < frames; ++t) {
      power[t][c] = static_cast<float>(std::log(power[t][c] + floor));
      mean += power[t][c];
    }
    mean /= static_cast<double>(frames);
    for (std::ptrdiff_t t = 0; t < frames; ++t)
      power[t][c] = static_cast<float>(0.5 * (power[t][c] - mean));
  }
}

}  // namespace

Result<Tensor<float, 2>> log_mel(std::span<const float> audio, int sample_rate,
                                 const dsp::StftSpec& spec, int bands) {
  auto power = spectra(audio, spec);
  if (!power) return power.error();
  std::vector<double> edges(static_cast<std::size_t>(bands) + 2);
  const double low = mel(80), high = mel(0.4875 * sample_rate);
  for (std::size_t i = 0; i < edges.size(); ++i)
    edges[i] = hertz(low + (high - low) * static_cast<double>(i) / (bands + 1));
  Tensor<float, 2> out({power->extent(0), bands});
  for (std::size_t band = 0; band < static_cast<std::size_t>(bands); ++band) {
    for (int k = 0; k < spec.bins(); ++k) {
      const double f = static_cast<double>(k) * sample_rate / spec.window;
      const double rising = (f - edges[band]) / (edges[band + 1] - edges[band]);
      const double falling = (edges[band + 2] - f) / (edges[band + 2] - edges[band + 1]);
      const auto weight = static_cast<float>(std::min(rising, falling));
      if (weight <= 0) continue;
      for (std::ptrdiff_t t = 0; t < out.extent(0); ++t)
        out.view()[t][static_cast<std::ptrdiff_t>(band)] += weight * power->view()[t][k];
    }
  }
  level(out.view());
  return out;
}

Result<Tensor<float, 2>> synthetic_lips(std::span<const float> clean, int sample_rate,
                                        const dsp::StftSpec& spec, int lip_frames) {
  constexpr std::array<double, kSyntheticLipSize + 1> edges{100, 500, 1200, 2200, 3900};  // Hz
  const auto power = spectra(clean, spec);
  if (!power) return power.error();
  const std::ptrdiff_t frames = power->extent(0) / lip_frames;
  Tensor<float, 2> bands({frames, kSyntheticLipSize});
  for (int band = 0; band < kSyntheticLipSize; ++band) {
    const auto at = static_cast<std::size_t>(band);
    const auto first = static_cast<int>(std::ceil(edges[at] * spec.window / sample_rate));
    const auto last = std::min(
        spec.bins(), static_cast<int>(std::ceil(edges[at + 1] * spec.window / sample_rate)));
    for (std::ptrdiff_t t = 0; t < frames * lip_frames; ++t)
      for (int k = first; k < last; ++k)
        bands.view()[t / lip_frames][band] +=
            power->view()[t][k] / static_cast<float>((last - first) * lip_frames);
  }
  level(bands.view());
  Tensor<float, 2> smooth(bands.view().shape());
  for (std::ptrdiff_t t = 0; t < frames; ++t)
    for (int band = 0; band < kSyntheticLipSize; ++band)
      smooth.view()[t][band] = 0.25f * bands.view()[std::max<std::ptrdiff_t>(0, t - 1)][band] +
                               0.5f * bands.view()[t][band] +
                               0.25f * bands.view()[std::min(frames - 1, t + 1)][band];
  return smooth;
}

}  // namespace limpid::models::avsr
