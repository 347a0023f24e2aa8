// SPDX-License-Identifier: MIT
#include "streaming/late_mixer.h"

#include <gtest/gtest.h>

namespace limpid::streaming {
namespace {

constexpr int kFade = 10;

// Captured samples are 1, enhanced ones 3.
class LateMixerTest : public ::testing::Test {
 protected:
  void put(PositionRing& ring, std::ptrdiff_t count, float value) {
    Tensor<float, 2> block({1, count});
    for (float& sample : block.view()[0].span()) sample = value;
    ring.write(block.view());
  }
  std::vector<float> read(std::int64_t position, std::ptrdiff_t count) {
    Tensor<float, 2> out({1, count});
    mixer_.read(position, out.view());
    const auto span = out.view()[0].span();
    return {span.begin(), span.end()};
  }

  DuplexQueue queue_{1, 1, 1024};
  LateMixer mixer_{queue_, {0}, kFade, 64};
};

TEST_F(LateMixerTest, BeforeTheStreamIsSilence) {
  put(queue_.captured, 100, 1.0f);
  put(queue_.enhanced, 100, 3.0f);
  const auto out = read(-4, 6);
  EXPECT_EQ(out, (std::vector<float>{0, 0, 0, 0, 3, 3}));
}

TEST_F(LateMixerTest, WhatIsInTimeIsEnhanced) {
  put(queue_.captured, 100, 1.0f);
  put(queue_.enhanced, 20 + kFade, 3.0f);
  EXPECT_EQ(read(0, 20), std::vector<float>(20, 3.0f));
  EXPECT_EQ(mixer_.late_events(), 0);
}

TEST_F(LateMixerTest, TheFadeIsOverWhenTheEnhancedSamplesAre) {
  put(queue_.captured, 100, 1.0f);
  put(queue_.enhanced, 20 + kFade, 3.0f);
  read(0, 20);
  const auto out = read(20, 20);
  for (std::size_t t = 0; t < 20; ++t) {
    const float share = std::max(0.0f, 1.0f - static_cast<float>(t + 1) / kFade);
    EXPECT_NEAR(out[t], 1.0f + 2.0f * share, 1e-5f) << t;
  }
  EXPECT_EQ(mixer_.late_events(), 1);
  EXPECT_EQ(mixer_.late_samples(), 20);
}

TEST_F(LateMixerTest, OneSampleLateIsLate) {
  put(queue_.captured, 100, 1.0f);
  put(queue_.enhanced, 20 + kFade - 1, 3.0f);
  read(0, 20);
  EXPECT_EQ(mixer_.late_events(), 1);
}

// The worker jumped in the middle of everything: nothing stale may come out.
TEST_F(LateMixerTest, WhatIsGoneIsNotPlayed) {
  put(queue_.captured, 300, 1.0f);
  put(queue_.enhanced, 60, 3.0f);
  read(0, 20);
  queue_.enhanced.jump(200);
  put(queue_.enhanced, 50, 3.0f);
  EXPECT_EQ(read(20, 20), std::vector<float>(20, 1.0f));
  EXPECT_EQ(read(190, 20), std::vector<float>(20, 1.0f));  // part of it would be there
  EXPECT_EQ(read(210, 20).back(), 3.0f);
}

TEST_F(LateMixerTest, WhatWasNotCapturedIsSilence) {
  put(queue_.captured, 30, 1.0f);
  EXPECT_EQ(read(0, 20), std::vector<float>(20, 1.0f));
  const auto out = read(20, 20);
  EXPECT_EQ(out[9], 1.0f);
  for (std::size_t t = 10; t < 20; ++t) EXPECT_EQ(out[t], 0.0f) << "not what was there before";
}

TEST_F(LateMixerTest, BadCapturedSamplesAreSilence) {
  put(queue_.captured, 40, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(read(20, 20), std::vector<float>(20, 0.0f));
}

}  // namespace
}  // namespace limpid::streaming
