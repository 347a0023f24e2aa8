// SPDX-License-Identifier: MIT
#include "models/gpu/transforms.h"

#include <cmath>
#include <numbers>
#include <vector>

namespace limpid::models {

Status GpuTransforms::load(GpuLoader& loader, const dsp::StftSpec& stft,
                           std::span<const float> shape) {
  const int window = stft.window, hop = stft.hop, bins = stft.bins(), overlap = window / hop;
  const auto turn = [&](int k, int n) {
    return 2 * std::numbers::pi * static_cast<double>(static_cast<std::int64_t>(k) * n % window) /
           window;
  };
  std::vector<float> re, im;
  for (int n = 0; n < window; ++n)
    for (int k = 0; k < bins; ++k) {
      const double w = shape[static_cast<std::size_t>(n)];
      re.push_back(static_cast<float>(w * std::cos(turn(k, n))));
      im.push_back(static_cast<float>(-w * std::sin(turn(k, n))));
    }
  if (auto done = loader.plain(re, im, window, bins, analysis); !done) return done;

  // Of the squared windows that share a sample, by its place in the hop.
  std::vector<double> squares(static_cast<std::size_t>(hop));
  for (int n = 0; n < window; ++n) {
    const double w = shape[static_cast<std::size_t>(n)];
    squares[static_cast<std::size_t>(n % hop)] += w * w;
  }
  re.clear();
  im.clear();
  for (int segment = 0; segment < overlap; ++segment)
    for (int k = 0; k < bins; ++k)
      for (int i = 0; i < hop; ++i) {
        const int n = (overlap - 1 - segment) * hop + i;
        const bool alone = k == 0 || 2 * k == window;  // frequencies k and -k are the same
        const double w = shape[static_cast<std::size_t>(n)] * (alone ? 1 : 2) /
                         (squares[static_cast<std::size_t>(i)] * window);
        re.push_back(static_cast<float>(w * std::cos(turn(k, n))));
        im.push_back(alone ? 0.0f : static_cast<float>(w * std::sin(turn(k, n))));
      }
  return loader.plain(re, im, overlap * bins, hop, synthesis);
}

}  // namespace limpid::models
