// SPDX-License-Identifier: MIT
// FrameConv against the definition in double, at lengths around its block, in calls of any length.
#include "lib/nn/frame_conv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/kernels/every_target.h"
#include "tests/support/realtime_guard.h"

namespace limpid::nn {
namespace {

// y[t][c] = sum over d of h[d][c] u[t - d][c].
std::vector<double> definition(std::span<const float> u, std::span<const float> h, int taps,
                               int channels) {
  std::vector<double> y(u.size());
  const auto frames = static_cast<int>(u.size()) / channels;
  for (int t = 0; t < frames; ++t)
    for (int d = 0; d < std::min(taps, t + 1); ++d)
      for (int c = 0; c < channels; ++c)
        y[static_cast<std::size_t>(t * channels + c)] +=
            static_cast<double>(h[static_cast<std::size_t>(d * channels + c)]) *
            u[static_cast<std::size_t>((t - d) * channels + c)];
  return y;
}

class FrameConvTest : public kernels::EveryTarget {};

TEST_P(FrameConvTest, EqualsTheDefinitionInCallsOfAnyLength) {
  constexpr int kGroups = 3, kFrames = 150;
  for (int taps : {1, 2, 31, 32, 33, 64, 97, 200}) {
    for (int channels : {1, 5, 32}) {
      const auto width = static_cast<std::size_t>(channels);
      const auto h = kernels::noise(static_cast<std::size_t>(taps) * width, 1);
      const FrameConv conv(h, taps, channels);
      Arena arena;
      FrameConv::State state(conv, arena, kGroups);
      for (int round = 0; round < 2; ++round) {
        for (int group = 0; group < kGroups; ++group) {
          const auto u = kernels::noise(kFrames * width, static_cast<unsigned>(2 + group));
          const auto want = definition(u, h, taps, channels);
          auto y = u;
          std::mt19937 random(static_cast<unsigned>(taps + round));
          std::uniform_int_distribution<int> length(0, round == 0 ? 3 : 80);
          for (int at = 0; at < kFrames;) {
            const int count = std::min(length(random), kFrames - at);
            conv.run(state, group, y.data() + static_cast<std::size_t>(at) * width, count);
            at += count;
          }
          for (std::size_t i = 0; i < y.size(); ++i)
            ASSERT_NEAR(y[i], want[i], 1e-5 * std::sqrt(taps)) << taps << " taps, group " << group;
        }
        for (int group = 0; group < kGroups; ++group) state.restart(group);
      }
    }
  }
}

TEST_P(FrameConvTest, CallsOfAnyLengthGiveTheSameBits) {
  constexpr int kTaps = 97, kChannels = 5, kFrames = 200;
  const auto h = kernels::noise(kTaps * kChannels, 1);
  const FrameConv conv(h, kTaps, kChannels);
  Arena arena;
  FrameConv::State state(conv, arena, 1);
  auto want = kernels::noise(kFrames * kChannels, 2);
  for (int at = 0; at < kFrames; ++at) conv.run(state, 0, want.data() + at * kChannels, 1);
  for (int length : {7, 32, 200}) {
    state.restart(0);
    auto got = kernels::noise(kFrames * kChannels, 2);
    for (int at = 0; at < kFrames; at += length)
      conv.run(state, 0, got.data() + at * kChannels, std::min(length, kFrames - at));
    EXPECT_EQ(got, want) << length;
  }
}

INSTANTIATE_EVERY_TARGET(FrameConvTest);

TEST(FrameConv, AllocatesAndLocksNothing) {
  const auto h = kernels::noise(70 * 4, 1);
  const FrameConv conv(h, 70, 4);
  Arena arena;
  FrameConv::State state(conv, arena, 2);
  auto rows = kernels::noise(100 * 4, 2);
  test::expect_realtime([&] {
    for (int group : {0, 1}) conv.run(state, group, rows.data(), 100);
    state.restart(1);
  });
}

}  // namespace
}  // namespace limpid::nn
