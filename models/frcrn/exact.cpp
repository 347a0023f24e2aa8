// SPDX-License-Identifier: MIT
#include "models/frcrn/exact.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lib/kernels/elementwise.h"

namespace limpid::models {
namespace {

constexpr double kTargetRms = 0.056234132519034911;  // -25 dBFS
constexpr double kOnePassSeconds = 120.0;
constexpr double kWindowSeconds = 1.0, kStrideSeconds = 0.75;
constexpr std::ptrdiff_t kWindowsAtOnce = 64;

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

// Beyond two minutes: windows of one second every 0.75 s, of which the middle is kept, which is
// within the whole hops that a pass returns. Some of them at a time.
Status by_windows(std::span<const float> audio, std::ptrdiff_t window, std::ptrdiff_t stride,
                  const FrcrnPass& pass, float* out) {
  const std::ptrdiff_t margin = (window - stride) / 2;
  const std::ptrdiff_t all = (std::ssize(audio) - window) / stride + 1;
  for (std::ptrdiff_t first = 0; first < all; first += kWindowsAtOnce) {
    const std::ptrdiff_t count = std::min<std::ptrdiff_t>(kWindowsAtOnce, all - first);
    // Windows overlap, so they need not be copied to lie side by side.
    const AudioView<const float> windows(audio.data() + first * stride, {count, window},
                                         {stride, 1});
    const auto parts = pass(windows);
    if (!parts) return parts.error();
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      const std::ptrdiff_t from = first + i == 0 ? 0 : margin;
      std::copy_n(parts->view()[i].data() + from, window - margin - from,
                  out + (first + i) * stride + from);
    }
  }
  return Done{};
}

// A recording with its level changed, zeros behind it.
Level prepare(std::span<const float> audio, float* to) {
  kernels::repair(audio.data(), std::ssize(audio), to);
  const Level level = measure_level({to, audio.size()});
  for (std::size_t i = 0; i < audio.size(); ++i) to[i] = to[i] * level.first * level.second;
  return level;
}

}  // namespace

Result<Tensor<float, 2>> frcrn_exact(int rate, AudioView<const float> audio,
                                     const FrcrnPass& pass) {
  const auto window = static_cast<std::ptrdiff_t>(kWindowSeconds * rate);
  const auto stride = static_cast<std::ptrdiff_t>(kStrideSeconds * rate);
  const std::ptrdiff_t recordings = audio.extent(0), length = audio.extent(1);
  Tensor<float, 2> result({recordings, length});
  if (recordings == 0 || length == 0) return result;
  const auto padded = static_cast<std::ptrdiff_t>(padded_length(static_cast<std::size_t>(length),
                                                                static_cast<std::size_t>(window),
                                                                static_cast<std::size_t>(stride)));
  Tensor<float, 2> in({recordings, padded});
  std::vector<Level> levels;
  for (std::ptrdiff_t i = 0; i < recordings; ++i)
    levels.push_back(prepare(audio[i].span(), in.view()[i].data()));

  Tensor<float, 2> out({recordings, padded});
  if (static_cast<double>(length) <= kOnePassSeconds * rate) {
    auto whole = pass(in.view());
    if (!whole) return whole.error();
    out = *std::move(whole);
  } else {
    for (std::ptrdiff_t i = 0; i < recordings; ++i)
      if (auto done = by_windows(in.view()[i].span(), window, stride, pass, out.view()[i].data());
          !done)
        return done.error();
  }
  for (std::ptrdiff_t i = 0; i < recordings; ++i) {
    const Level& level = levels[static_cast<std::size_t>(i)];
    const float undo = 1.0f / (level.first * level.second + 1e-6f);
    const auto from = out.view()[i].span();
    for (std::ptrdiff_t n = 0; n < std::min(length, out.extent(1)); ++n)
      result.view()[i][n] = from[static_cast<std::size_t>(n)] * undo;
  }
  return result;
}

}  // namespace limpid::models
