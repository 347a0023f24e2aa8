// SPDX-License-Identifier: MIT
// fsmn_memory against the oracle: every filter length, history and number of steps.
#include "lib/kernels/fsmn.h"

#include <algorithm>
#include <cstring>

#include "tests/kernels/every_target.h"

namespace limpid::kernels {
namespace {

using Fsmn = EveryTarget;
INSTANTIATE_EVERY_TARGET(Fsmn);

void check(int taps, int history, int steps, int channels) {
  const int x_stride = channels + 3, y_stride = channels + 2;
  const auto x = noise(static_cast<std::size_t>((history + steps) * x_stride), 1);
  const auto w = noise(static_cast<std::size_t>(taps * channels), 2);
  const float* now = x.data() + history * x_stride;
  const auto size = static_cast<std::size_t>(steps * y_stride);
  const float tolerance = 2e-6f * std::max(1.0f, static_cast<float>(taps) / 20);
  Fenced y(size), expected(size);
  fsmn_memory(now, x_stride, history, steps, channels, w, taps, y.data(), y_stride);
  reference::fsmn_memory(now, x_stride, history, steps, channels, w, taps, expected.data(),
                         y_stride);
  for (std::size_t i = 0; i < size; ++i) {
    const bool gap = static_cast<int>(i) % y_stride >= channels;
    ASSERT_NEAR(y.data()[i], expected.data()[i], gap ? 0 : tolerance)
        << "element " << i << ", taps " << taps << ", history " << history << ", steps " << steps
        << ", channels " << channels;
  }
  ASSERT_FALSE(y.broken());
}

TEST_P(Fsmn, MatchesReferenceForAnyTapsAndHistory) {
  for (int taps = 1; taps <= 20; ++taps)
    for (int history = 0; history <= 25; ++history)
      check(taps, history, 1 + (taps + history) % 13, 19);
}

TEST_P(Fsmn, MatchesReferenceForAnyNumberOfSteps) {
  for (int steps = 0; steps <= 200; ++steps) check(20, steps % 2 ? 19 : 0, steps, 17);
}

TEST_P(Fsmn, MatchesReferenceForAnyNumberOfChannels) {
  for (int channels = 1; channels <= 70; ++channels) check(20, 3, 11, channels);
  check(20, 0, 159, 128);
}

// As long as seconds of frames.
TEST_P(Fsmn, MatchesReferenceForLongFilters) {
  for (int taps : {63, 64, 65, 127, 128, 129, 256})
    for (int channels : {1, 15, 16, 17, 32, 50})
      for (int steps : {1, 12, 13, 32, 33})
        for (int history : {taps - 2, taps - 1, taps + 5}) check(taps, history, steps, channels);
}

// Few steps take several vectors of channels together.
TEST_P(Fsmn, MatchesReferenceForFewStepsOfManyChannels) {
  for (int channels : {16, 31, 32, 33, 63, 64, 65, 79, 129, 257})
    for (int steps = 1; steps <= 13; ++steps)
      for (int history : {0, 2, 19}) check(20, history, steps, channels);
}

TEST_P(Fsmn, IsTheSameInOneCallAndInMany) {
  constexpr int kTaps = 20, kSteps = 61, kChannels = 87;
  const auto x = noise(kSteps * kChannels, 1), w = noise(kTaps * kChannels, 2);
  std::vector<float> at_once(kSteps * kChannels), cut(kSteps * kChannels);
  fsmn_memory(x.data(), kChannels, 0, kSteps, kChannels, w, kTaps, at_once.data(), kChannels);
  for (int step : {1, 2, 3, 5, 8, 13, 40}) {
    for (int s = 0; s < kSteps; s += step)
      fsmn_memory(x.data() + s * kChannels, kChannels, s, std::min(step, kSteps - s), kChannels, w,
                  kTaps, cut.data() + s * kChannels, kChannels);
    ASSERT_EQ(std::memcmp(cut.data(), at_once.data(), cut.size() * sizeof(float)), 0) << step;
  }
}

}  // namespace
}  // namespace limpid::kernels
