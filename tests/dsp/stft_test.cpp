// SPDX-License-Identifier: MIT
#include "lib/dsp/stft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/kernels/every_target.h"

namespace limpid::dsp {
namespace {

using kernels::noise;

TEST(Stft, SecondsGiveTheSameBinsAtEveryRate) {
  for (int rate :
       {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 192000}) {
    const auto spec = stft_at(0.02, 0.01, rate);
    EXPECT_EQ(spec.window, 2 * spec.hop);
    EXPECT_NEAR(static_cast<double>(rate) / spec.window, 50.0, 0.25) << rate;
  }
  EXPECT_EQ(stft_at(0.04, 0.02, 16000), (StftSpec{640, 320}));
  EXPECT_EQ(stft_at(0.032, 0.008, 16000), (StftSpec{512, 128}));
  EXPECT_EQ(stft_at(0.02, 0.01, 44100, 0.02), (StftSpec{882, 441, 882}));
}

TEST(Stft, AnalysisWindowsAreSquareRootsOfHann) {
  for (const StftSpec& spec :
       {StftSpec{8, 4}, StftSpec{6, 2}, StftSpec{8, 4, 8}, StftSpec{6, 2, 4}}) {
    const auto [analysis, synthesis] = stft_windows(spec);
    ASSERT_EQ(std::ssize(analysis), spec.size());
    ASSERT_EQ(std::ssize(synthesis), spec.window);
    const int fall = spec.window / 2, rise = spec.size() - fall;
    for (int n = 0; n < spec.size(); ++n) {
      const double angle = n < rise ? std::numbers::pi * n / (2 * rise)
                                    : std::numbers::pi * (n - rise + fall) / (2 * fall);
      EXPECT_NEAR(analysis[static_cast<std::size_t>(n)], std::sin(angle), 1e-6) << n;
    }
    if (spec.past > 0) continue;
    const float share = 2.0f * static_cast<float>(spec.hop) / static_cast<float>(spec.window);
    for (std::size_t n = 0; n < analysis.size(); ++n)
      EXPECT_NEAR(synthesis[n], share * analysis[n], 1e-6) << n;
  }
}

// The sum of a constant's columns is the constant.
TEST(Stft, LeastSquaresWindowsInvert) {
  const auto shape = noise(12, 4);
  const auto [analysis, synthesis] = least_squares_windows(shape, 3);
  EXPECT_EQ(analysis, shape);
  for (std::size_t place = 0; place < 3; ++place) {
    float sum = 0;
    for (std::size_t n = place; n < 12; n += 3) sum += analysis[n] * synthesis[n];
    EXPECT_NEAR(sum, 1.0f, 1e-6);
  }
}

// Analysis then synthesis: the input, window - hop samples later, to 1e-6 of full scale.
class Reconstruction : public testing::TestWithParam<StftSpec> {};

TEST_P(Reconstruction, IsTheIdentity) {
  const StftSpec spec = GetParam();
  const int lanes = 3, hops = 12;
  auto analysis = Analysis::create(spec, lanes);
  auto synthesis = Synthesis::create(spec, lanes);
  ASSERT_TRUE(analysis && synthesis);
  const int delay = spec.window - spec.hop;
  std::vector<cfloat> column(static_cast<std::size_t>(spec.bins()));
  std::vector<std::vector<float>> in, out(lanes);
  for (unsigned lane = 0; lane < lanes; ++lane)
    in.push_back(noise(static_cast<std::size_t>(hops * spec.hop), lane + 1));
  for (int hop = 0; hop < hops; ++hop) {
    for (int lane = 0; lane < lanes; ++lane) {
      auto& y = out[static_cast<std::size_t>(lane)];
      y.resize(static_cast<std::size_t>((hop + 1) * spec.hop));
      const auto at = static_cast<std::size_t>(hop * spec.hop);
      analysis->process(lane, in[static_cast<std::size_t>(lane)].data() + at, column.data());
      synthesis->process(lane, column.data(), y.data() + at);
    }
  }
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    for (std::size_t n = 0; n < out[lane].size(); ++n) {
      const auto source = static_cast<std::ptrdiff_t>(n) - delay;
      const float want = source < 0 ? 0.0f : in[lane][static_cast<std::size_t>(source)];
      ASSERT_NEAR(out[lane][n], want, 1e-6) << "lane " << lane << " sample " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rates, Reconstruction,
                         testing::Values(stft_at(0.02, 0.01, 8000), stft_at(0.02, 0.01, 11025),
                                         stft_at(0.02, 0.01, 16000), stft_at(0.02, 0.01, 22050),
                                         stft_at(0.02, 0.01, 44100), stft_at(0.02, 0.01, 48000),
                                         stft_at(0.02, 0.01, 96000), stft_at(0.02, 0.01, 192000),
                                         stft_at(0.04, 0.02, 16000), stft_at(0.032, 0.008, 16000),
                                         StftSpec{6, 2}, stft_at(0.02, 0.01, 16000, 0.02),
                                         stft_at(0.02, 0.01, 44100, 0.04),
                                         stft_at(0.02, 0.01, 11025, 0.01), StftSpec{6, 2, 6}));

TEST(Stft, RestartForgets) {
  const StftSpec spec{320, 160};
  auto analysis = Analysis::create(spec, 1);
  ASSERT_TRUE(analysis);
  const auto x = noise(160, 3);
  std::vector<cfloat> first(161), again(161);
  analysis->process(0, x.data(), first.data());
  analysis->restart(0);
  analysis->process(0, x.data(), again.data());
  EXPECT_EQ(first, again);
}

TEST(Stft, RefusesImpossibleSpecs) {
  EXPECT_FALSE(Analysis::create({320, 0}, 1));
  EXPECT_FALSE(Analysis::create({320, 320}, 1));
  EXPECT_FALSE(Analysis::create({320, 150}, 1));
  EXPECT_FALSE(Analysis::create({320, 160, 80}, 1));
  EXPECT_FALSE(Analysis::create({320, 160, -160}, 1));
  EXPECT_FALSE(Synthesis::create({320, 160}, 0));
}

}  // namespace
}  // namespace limpid::dsp
