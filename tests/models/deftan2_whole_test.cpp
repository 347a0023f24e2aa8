// SPDX-License-Identifier: MIT
// The published network's recipe around the network: lengths, levels, silence, refusals.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/audio_compare.h"
#include "tests/support/random_deftan2.h"
#include "tests/support/signals.h"

namespace limpid {
namespace {

using test::random_deftan2;
using test::relative_error;

Tensor<float, 2> exactly(const Model& model, AudioView<const float> in) {
  auto out = model.enhance_exact(in, 2);
  EXPECT_TRUE(out) << out.error().message;
  return out ? *std::move(out) : Tensor<float, 2>({1, 0});
}

double rms(std::span<const float> x) {
  double power = 0;
  for (const float v : x) power += static_cast<double>(v) * static_cast<double>(v);
  return std::sqrt(power / static_cast<double>(x.size()));
}

TEST(Deftan2Whole, EveryLengthComesBackWhole) {
  const auto model = random_deftan2({.layers = 1, .causal = false});
  for (int length : {0, 1, 2, 255, 256, 257, 511, 512, 513, 767, 768, 4097}) {
    const auto out = exactly(*model, test::noise(2, length).view());
    ASSERT_EQ(out.extent(0), 1);
    ASSERT_EQ(out.extent(1), length);
    for (const float y : out.view()[0].span()) ASSERT_TRUE(std::isfinite(y)) << length;
  }
}

// The published network divides by the level and multiplies by it again.
TEST(Deftan2Whole, GainPassesThrough) {
  const auto model = random_deftan2({.causal = false});
  auto in = test::noise(2, 5000);
  const auto want = exactly(*model, in.view());
  for (float gain : {1e-4f, 300.0f}) {
    auto scaled = test::noise(2, 5000);
    for (int m = 0; m < 2; ++m)
      for (float& x : scaled.view()[m].span()) x *= gain;
    auto got = exactly(*model, scaled.view());
    for (float& y : got.view()[0].span()) y /= gain;
    EXPECT_LE(relative_error(got.view()[0].span(), want.view()[0].span(), 0, 0), 1e-4);
  }
}

// A property of the published network, not of this code: its last norm fixes how loud the output is
// relative to the input, whatever the input is. See docs/arrays.md.
TEST(Deftan2Whole, OutputLevelIsPinned) {
  const auto model = random_deftan2({.causal = false});
  const auto loud = test::noise(2, 16000);
  auto sparse = test::noise(2, 16000, 7);
  for (int m = 0; m < 2; ++m)
    for (std::ptrdiff_t n = 0; n < 16000; ++n)
      if (n / 1000 % 4 != 0) sparse.view()[m][n] *= 0.01f;
  const auto share = [&](AudioView<const float> in) {
    return rms(exactly(*model, in).view()[0].span()) / rms(in[0].span());
  };
  EXPECT_NEAR(share(sparse.view()) / share(loud.view()), 1.0, 0.25);
}

TEST(Deftan2Whole, SilenceStaysSilenceAndNaNCountsAsSilence) {
  const auto model = random_deftan2({.causal = false});
  Tensor<float, 2> silence({2, 3000});
  const auto still = exactly(*model, silence.view());
  for (const float y : still.view()[0].span()) ASSERT_EQ(y, 0.0f);
  auto dirty = test::noise(2, 3000), clean = test::noise(2, 3000);
  dirty.view()[1][1234] = std::numeric_limits<float>::quiet_NaN();
  clean.view()[1][1234] = 0.0f;
  EXPECT_TRUE(std::ranges::equal(exactly(*model, dirty.view()).view()[0].span(),
                                 exactly(*model, clean.view()).view()[0].span()));
}

TEST(Deftan2Whole, SeveralRecordingsAtOnceAreThoseOfEach) {
  const auto model = random_deftan2({.layers = 1, .causal = false});
  const auto session = model->open_exact({.threads = 2});
  ASSERT_TRUE(session) << session.error().message;
  const auto in = test::noise(6, 2000);
  const auto together = (*session)->enhance(in.view());
  ASSERT_TRUE(together) << together.error().message;
  ASSERT_EQ(together->extent(0), 3);
  for (std::ptrdiff_t i = 0; i < 3; ++i)
    EXPECT_TRUE(std::ranges::equal(together->view()[i].span(),
                                   exactly(*model, in.view().slice(0, 2 * i, 2)).view()[0].span()))
        << i;
  EXPECT_FALSE((*session)->enhance(in.view().slice(0, 0, 5))) << "two and a half";
  EXPECT_TRUE((*session)->enhance(in.view().slice(0, 0, 2)));
}

TEST(Deftan2Whole, WhatCannotBeIsRefused) {
  const auto model = random_deftan2({.causal = false});
  EXPECT_EQ(model->spec().memory, Memory::windowed);
  const auto session = model->open({.sample_rate = 16000, .lanes = 1, .max_frames = 1});
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ErrorCode::unsupported);
  EXPECT_NE(session.error().message.find("cannot stream"), std::string::npos);
  const auto three = model->enhance_exact(test::noise(3, 1000).view(), 1);
  ASSERT_FALSE(three);
  EXPECT_EQ(three.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(three.error().message.find("2 channels, found 3"), std::string::npos);
  for (const int threads : {0, 1025})
    EXPECT_FALSE(model->enhance_exact(test::noise(2, 1000).view(), threads)) << threads;
  const auto causal = random_deftan2({})->enhance_exact(test::noise(2, 1000).view(), 1);
  ASSERT_FALSE(causal);
  EXPECT_EQ(causal.error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace limpid
