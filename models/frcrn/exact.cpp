// SPDX-License-Identifier: MIT
#include "models/frcrn/exact.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "lib/base/float_mode.h"
#include "lib/dsp/stft.h"
#include "lib/kernels/elementwise.h"

namespace limpid::models {
namespace {

constexpr double kTargetRms = 0.056234132519034911;  // -25 dBFS
constexpr double kOnePassSeconds = 120.0;
constexpr double kWindowSeconds = 1.0, kStrideSeconds = 0.75;

// Two steps: the whole file to -25 dBFS, then its loud part (samples above the mean power).
struct Level {
  float first = 1.0f, second = 1.0f;
};

Level measure_level(std::span<const float> audio) {
  double power = 0;
  for (float x : audio) power += static_cast<double>(x) * x;
  power /= static_cast<double>(audio.size());
  const double first = kTargetRms / (std::sqrt(power) + 1e-6);
  double loud = 0;
  std::size_t count = 0;
  for (float x : audio) {
    const double p = static_cast<double>(x) * x;
    if (p > power) loud += p * first * first, ++count;
  }
  const double rms = count > 0 ? std::sqrt(loud / static_cast<double>(count)) : 0.0;
  return {static_cast<float>(first), static_cast<float>(kTargetRms / (rms + 1e-6))};
}

// How many samples the published code makes of `length`. Its third case adds up to 1.75 s; it looks
// like a slip, and it moves the squeeze-excitation means, so it is kept.
std::size_t padded_length(std::size_t length, std::size_t window, std::size_t stride) {
  if (length < window) return window;
  if (length < window + stride) return window + stride;
  const std::size_t excess = (length - window) % stride;
  return excess == 0 ? length : length + length - (length - window) / stride * stride;
}

// The published synthesis divides by the overlap of the squared windows, also where only one window
// reaches: at both ends.
void undo_edge_windows(std::span<float> audio, int window, int hop) {
  const auto w = dsp::sqrt_hann(window);
  const auto edge = static_cast<std::size_t>(window - hop);
  float* tail = audio.data() + audio.size() - edge;
  for (std::size_t n = 0; n < edge; ++n) {
    const float rising = w[n], falling = w[n + static_cast<std::size_t>(hop)];
    audio[n] /= rising * rising + 1e-8f;
    tail[n] /= falling * falling + 1e-8f;
  }
}

}  // namespace

Result<std::vector<float>> frcrn_whole(const MaskNetwork& network, std::span<const float> audio) {
  const FlushDenormals no_denormals;
  const FrcrnConfig& config = network.config;
  const auto stft = dsp::stft_at(config.window, config.hop, config.sample_rate);
  const int extra = stft.window / stft.hop - 1;  // hops before the first whole window
  const int frames = static_cast<int>(audio.size()) / stft.hop - extra;
  if (frames < 1)
    return Error{ErrorCode::invalid_argument, "the recording is shorter than one window"};
  auto analysis = dsp::Analysis::create(stft, 1);
  auto synthesis = dsp::Synthesis::create(stft, 1);
  if (!analysis) return analysis.error();
  if (!synthesis) return synthesis.error();

  const int bins = stft.bins();
  MaskState masks(network, 1, frames, true);
  std::vector<dsp::cfloat> spectra(static_cast<std::size_t>(frames) *
                                   static_cast<std::size_t>(bins));
  const nn::Activation input = masks.append(frames);
  for (int hop = 0; hop < frames + extra; ++hop) {
    const int frame = hop - extra;
    dsp::cfloat* column = spectra.data() + static_cast<std::ptrdiff_t>(std::max(0, frame)) * bins;
    analysis->process(0, audio.data() + static_cast<std::ptrdiff_t>(hop) * stft.hop, column);
    if (frame >= 0)
      kernels::compress(column, bins, 1.0f, config.compression, input.at(0, frame, 0),
                        input.at(1, frame, 0));
  }
  masks.run(true);

  std::vector<float> re(static_cast<std::size_t>(bins)), im(re.size());
  std::vector<float> out(static_cast<std::size_t>(frames + extra) *
                         static_cast<std::size_t>(stft.hop));
  for (int frame = 0; frame < frames; ++frame) {
    dsp::cfloat* column = spectra.data() + static_cast<std::ptrdiff_t>(frame) * bins;
    masks.mask(0, frame, re.data(), im.data());
    kernels::apply_mask(column, re.data(), im.data(), bins, column);
    synthesis->process(0, column, out.data() + static_cast<std::ptrdiff_t>(frame) * stft.hop);
  }
  const auto tail = synthesis->tail(0);
  std::ranges::copy(tail, out.end() - static_cast<std::ptrdiff_t>(tail.size()));
  undo_edge_windows(out, stft.window, stft.hop);
  return out;
}

namespace {

// Beyond two minutes: windows of one second every 0.75 s, of which the middle is kept.
Result<std::vector<float>> by_windows(const MaskNetwork& network, std::span<const float> audio,
                                      std::size_t window, std::size_t stride) {
  const std::size_t margin = (window - stride) / 2;
  std::vector<float> out(audio.size());
  for (std::size_t at = 0; at + window <= audio.size(); at += stride) {
    auto part = frcrn_whole(network, audio.subspan(at, window));
    if (!part) return part.error();
    const std::size_t from = at == 0 ? 0 : margin;
    std::copy(part->begin() + static_cast<std::ptrdiff_t>(from),
              part->end() - static_cast<std::ptrdiff_t>(margin),
              out.begin() + static_cast<std::ptrdiff_t>(at + from));
  }
  return out;
}

}  // namespace

Result<std::vector<float>> frcrn_exact(const MaskNetwork& network, std::span<const float> audio) {
  const double rate = network.config.sample_rate;
  const auto window = static_cast<std::size_t>(kWindowSeconds * rate);
  const auto stride = static_cast<std::size_t>(kStrideSeconds * rate);
  if (audio.empty()) return std::vector<float>{};
  std::vector<float> repaired(audio.size());
  kernels::repair(audio.data(), static_cast<int>(audio.size()), repaired.data());

  const Level level = measure_level(repaired);
  for (float& x : repaired) x = x * level.first * level.second;
  const bool one_pass = static_cast<double>(audio.size()) <= kOnePassSeconds * rate;
  repaired.resize(padded_length(audio.size(), window, stride));
  auto out =
      one_pass ? frcrn_whole(network, repaired) : by_windows(network, repaired, window, stride);
  if (!out) return out;
  const float undo = 1.0f / (level.first * level.second + 1e-6f);
  for (float& x : *out) x *= undo;
  out->resize(audio.size());
  return out;
}

}  // namespace limpid::models
