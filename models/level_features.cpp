// SPDX-License-Identifier: MIT
#include "models/level_features.h"

#include <algorithm>
#include <cmath>

#include "models/settling.h"

namespace limpid::models {
namespace {

constexpr float kFloor = 1e-7f;  // of |X|^2 inside the logarithm
constexpr float kScale = 0.25f;  // brings 35 dB to 2

}  // namespace

LevelFeatures::LevelFeatures(Arena& arena, int lanes, int bins, int horizon)
    : means_(arena.claim<float>(static_cast<std::size_t>(lanes) * static_cast<std::size_t>(bins))),
      frames_(arena.claim<int>(static_cast<std::size_t>(lanes))),
      levels_(arena.claim<float>(static_cast<std::size_t>(bins))),
      horizon_(horizon) {}

int LevelFeatures::settle(int horizon) noexcept {
  return settle_mean(horizon);
}

void LevelFeatures::run(int lane, const std::complex<float>* column, int band, float scale,
                        float* re, float* im, std::ptrdiff_t stride) LIMPID_REALTIME {
  const std::size_t bins = levels_.size();
  const std::span<float> means = means_.subspan(static_cast<std::size_t>(lane) * bins, bins);
  int& frames = frames_[static_cast<std::size_t>(lane)];
  frames = std::min(frames + 1, horizon_);
  const float share = 1.0f / static_cast<float>(frames);
  const std::size_t audible = static_cast<std::size_t>(band);
  for (std::size_t bin = 0; bin < audible; ++bin)
    levels_[bin] = std::log(scale * scale * std::norm(column[bin]) + kFloor);
  std::fill(levels_.begin() + band, levels_.end(), std::log(kFloor));
  float sum = 0.0f;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    means[bin] += share * (levels_[bin] - means[bin]);
    sum += means[bin];
  }
  const float whole = sum / static_cast<float>(bins);
  for (std::size_t bin = 0; bin < bins; ++bin) {
    re[static_cast<std::ptrdiff_t>(bin) * stride] = kScale * (levels_[bin] - whole);
    im[static_cast<std::ptrdiff_t>(bin) * stride] = kScale * (levels_[bin] - means[bin]);
  }
}

void LevelFeatures::restart(int lane) LIMPID_REALTIME {
  const auto at = static_cast<std::size_t>(lane);
  std::ranges::fill(means_.subspan(at * levels_.size(), levels_.size()), 0.0f);
  frames_[at] = 0;
}

}  // namespace limpid::models
