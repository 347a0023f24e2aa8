// SPDX-License-Identifier: MIT
#include "models/gpu/transforms.h"

#include <cmath>
#include <numbers>
#include <vector>

namespace limpid::models {

Status GpuTransforms::load(GpuLoader& loader, const dsp::StftSpec& stft,
                           const dsp::StftWindows& windows) {
  const int size = stft.size(), hop = stft.hop, bins = stft.bins(), overlap = stft.window / hop;
  const auto turn = [&](int k, int n) {
    return 2 * std::numbers::pi * static_cast<double>(static_cast<std::int64_t>(k) * n % size) /
           size;
  };
  std::vector<float> re, im;
  for (int n = 0; n < size; ++n)
    for (int k = 0; k < bins; ++k) {
      const double w = windows.analysis[static_cast<std::size_t>(n)];
      re.push_back(static_cast<float>(w * std::cos(turn(k, n))));
      im.push_back(static_cast<float>(-w * std::sin(turn(k, n))));
    }
  if (auto done = loader.plain(re, im, size, bins, analysis); !done) return done;

  re.clear();
  im.clear();
  for (int segment = 0; segment < overlap; ++segment)
    for (int k = 0; k < bins; ++k)
      for (int i = 0; i < hop; ++i) {
        const int at = (overlap - 1 - segment) * hop + i, n = stft.past + at;
        const bool alone = k == 0 || 2 * k == size;  // frequencies k and -k are the same
        const double w =
            double{windows.synthesis[static_cast<std::size_t>(at)]} * (alone ? 1 : 2) / size;
        re.push_back(static_cast<float>(w * std::cos(turn(k, n))));
        im.push_back(alone ? 0.0f : static_cast<float>(w * std::sin(turn(k, n))));
      }
  return loader.plain(re, im, overlap * bins, hop, synthesis);
}

}  // namespace limpid::models
