// SPDX-License-Identifier: MIT
// LevelFeatures against its definition in double precision, written out for whole recordings.
#include "models/level_features.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace limpid::models {
namespace {

using Column = std::vector<std::complex<float>>;

std::vector<Column> columns(int frames, int bins, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> part;
  std::vector<Column> all(static_cast<std::size_t>(frames), Column(static_cast<std::size_t>(bins)));
  for (Column& column : all)
    for (auto& x : column) x = {part(random), 0.01f * part(random)};
  return all;
}

// The mean of a bin's latest levels, as the recursion defines it, from all of them.
double mean(const std::vector<double>& levels, int horizon) {
  double mean = 0;
  for (std::size_t t = 0; t < levels.size(); ++t)
    mean += (levels[t] - mean) / std::min<double>(static_cast<double>(t) + 1, horizon);
  return mean;
}

TEST(LevelFeatures, AreDifferencesToRunningMeans) {
  constexpr int kBins = 13, kBand = 9, kHorizon = 5, kStride = 2;
  constexpr float kScale = 0.7f;
  const auto input = columns(12, kBins, 1);
  Arena arena;
  LevelFeatures features(arena, 1, kBins, kHorizon);
  std::vector<std::vector<double>> levels(kBins);
  for (const Column& column : input) {
    std::vector<float> re(kBins * kStride), im(kBins * kStride);
    features.run(0, column.data(), kBand, kScale, re.data(), im.data(), kStride);
    double whole = 0;
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const double magnitude = bin < kBand ? double{kScale} * std::abs(column[bin]) : 0.0;
      levels[bin].push_back(std::log(magnitude * magnitude + 1e-7));
      whole += mean(levels[bin], kHorizon) / kBins;
    }
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      EXPECT_NEAR(re[bin * kStride], (levels[bin].back() - whole) / 4, 2e-6);
      EXPECT_NEAR(im[bin * kStride], (levels[bin].back() - mean(levels[bin], kHorizon)) / 4, 2e-6);
      EXPECT_EQ(re[bin * kStride + 1], 0.0f) << "a neighbour was written";
    }
  }
}

TEST(LevelFeatures, DoNotDependOnHowLoudTheInputIs) {
  constexpr int kBins = 20;
  const auto input = columns(30, kBins, 2);
  Arena arena;
  LevelFeatures features(arena, 2, kBins, 10);
  for (const Column& column : input) {
    std::vector<float> re[2], im[2];
    for (int lane = 0; lane < 2; ++lane) {
      re[lane].resize(kBins);
      im[lane].resize(kBins);
      features.run(lane, column.data(), kBins, lane == 0 ? 1.0f : 30.0f, re[lane].data(),
                   im[lane].data(), 1);
    }
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      EXPECT_NEAR(re[0][bin], re[1][bin], 1e-2);  // the floor is all that knows
      EXPECT_NEAR(im[0][bin], im[1][bin], 1e-2);
    }
  }
}

TEST(LevelFeatures, RestartForgets) {
  constexpr int kBins = 7;
  const auto input = columns(4, kBins, 3);
  Arena arena;
  LevelFeatures features(arena, 1, kBins, 10);
  std::vector<float> first(2 * kBins), again(2 * kBins);
  features.run(0, input[0].data(), kBins, 1.0f, first.data(), first.data() + kBins, 1);
  for (const Column& column : input)
    features.run(0, column.data(), kBins, 1.0f, again.data(), again.data() + kBins, 1);
  features.restart(0);
  features.run(0, input[0].data(), kBins, 1.0f, again.data(), again.data() + kBins, 1);
  EXPECT_EQ(first, again);
}

}  // namespace
}  // namespace limpid::models
