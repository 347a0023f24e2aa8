// SPDX-License-Identifier: MIT
#include "models/frcrn/exact.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "lib/kernels/elementwise.h"
#include "models/frcrn/whole.h"

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
