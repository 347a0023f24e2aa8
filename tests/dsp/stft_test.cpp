// SPDX-License-Identifier: MIT
#include "lib/dsp/stft.h"

#include <gtest/gtest.h>

#include "tests/kernels/every_target.h"

namespace limpid::dsp {
namespace {

using kernels::noise;

TEST(Stft, SecondsGiveTheSameBinsAtEveryRate) {
  for (int rate : {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000}) {
    const auto spec = stft_at(0.02, 0.01, rate);
    EXPECT_EQ(spec.window, 2 * spec.hop);
    EXPECT_NEAR(static_cast<double>(rate) / spec.window, 50.0, 0.25) << rate;
  }
  EXPECT_EQ(stft_at(0.04, 0.02, 16000), (StftSpec{640, 320}));
  EXPECT_EQ(stft_at(0.032, 0.008, 16000), (StftSpec{512, 128}));
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
                                         stft_at(0.02, 0.01, 96000), stft_at(0.04, 0.02, 16000),
                                         stft_at(0.032, 0.008, 16000), StftSpec{6, 2}));

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
  EXPECT_FALSE(Synthesis::create({320, 160}, 0));
}

}  // namespace
}  // namespace limpid::dsp
