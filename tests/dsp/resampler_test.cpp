// SPDX-License-Identifier: MIT
// The resampler keeps tones, is aligned, and does not care how its input is cut into blocks.
#include "lib/dsp/resampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "tests/support/failing_new.h"

namespace limpid::dsp {
namespace {

std::vector<float> tone(int rate, double hertz, std::size_t count) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i)
    samples[i] = static_cast<float>(
        0.5 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate));
  return samples;
}

std::vector<float> resample(const std::vector<float>& in, int from, int to, std::size_t block) {
  auto resampler = Resampler::create(from, to, 1);
  EXPECT_TRUE(resampler.ok());
  std::vector<float> out;
  for (std::size_t at = 0; at < in.size(); at += block) {
    const std::size_t count = std::min(block, in.size() - at);
    auto got = resampler->process({in.data() + at, {1, static_cast<std::ptrdiff_t>(count)}}, false);
    EXPECT_TRUE(got.ok());
    out.insert(out.end(), got->data(), got->data() + got->extent(1));
  }
  auto rest = resampler->process({nullptr, {1, 0}}, true);
  EXPECT_TRUE(rest.ok());
  out.insert(out.end(), rest->data(), rest->data() + rest->extent(1));
  return out;
}

double worst_error(const std::vector<float>& a, const std::vector<float>& b, std::size_t margin) {
  double worst = 0;
  for (std::size_t i = margin; i + margin < std::min(a.size(), b.size()); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - b[i]));
  return worst;
}

TEST(Resampler, KeepsATonesFrequencyPhaseAndLevel) {
  for (const auto& [from, to] :
       {std::pair{48000, 16000}, {44100, 16000}, {16000, 44100}, {8000, 16000}}) {
    const auto out = resample(tone(from, 440, static_cast<std::size_t>(from)), from, to, 1000);
    EXPECT_NEAR(static_cast<double>(out.size()), to, 1) << from << " to " << to;
    EXPECT_LT(worst_error(out, tone(to, 440, out.size()), 400), 1e-4) << from << " to " << to;
  }
}

TEST(Resampler, BlocksDoNotMatter) {
  const auto in = tone(44100, 997, 30000);
  const auto whole = resample(in, 44100, 16000, in.size());
  for (const std::size_t block : {std::size_t{1}, std::size_t{37}, std::size_t{4096}}) {
    const auto cut = resample(in, 44100, 16000, block);
    ASSERT_EQ(cut.size(), whole.size()) << block;
    EXPECT_LT(worst_error(cut, whole, 0), 1e-6) << block;
  }
}

TEST(Resampler, RemovesWhatTheLowerRateCannotCarry) {
  const auto out = resample(tone(48000, 11000, 48000), 48000, 16000, 512);
  EXPECT_LT(worst_error(out, std::vector<float>(out.size()), 200), 1e-4);
}

TEST(Resampler, ChannelsStayApart) {
  auto resampler = Resampler::create(48000, 24000, 2);
  ASSERT_TRUE(resampler.ok());
  std::vector<float> in(2 * 4800);
  const auto left = tone(48000, 1000, 4800);
  std::copy(left.begin(), left.end(), in.begin());
  auto out = resampler->process({in.data(), {2, 4800}}, true);
  ASSERT_TRUE(out.ok());
  double left_peak = 0, right_peak = 0;
  for (std::ptrdiff_t i = 0; i < out->extent(1); ++i) {
    left_peak = std::max(left_peak, std::abs(static_cast<double>((*out)[0][i])));
    right_peak = std::max(right_peak, std::abs(static_cast<double>((*out)[1][i])));
  }
  EXPECT_NEAR(left_peak, 0.5, 0.01);
  EXPECT_EQ(right_peak, 0);
}

TEST(Resampler, RefusesWhatItCannotDo) {
  EXPECT_EQ(Resampler::create(0, 16000, 1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(Resampler::create(16000, 16000, 0).error().code, ErrorCode::invalid_argument);
  const auto far_apart = Resampler::create(20, 16000, 1);
  ASSERT_FALSE(far_apart.ok());
  EXPECT_EQ(far_apart.error().code, ErrorCode::unsupported);
  EXPECT_NE(far_apart.error().message.find("20 Hz to 16000 Hz"), std::string::npos);
}

TEST(Resampler, WithoutMemoryThereIsAnError) {
  int refusals = 0;
  for (int allocations = 0;; ++allocations) {
    test::allocations_left = allocations;
    const auto resampler = Resampler::create(48000, 24000, 2);
    test::allocations_left = -1;
    if (resampler.ok()) break;
    EXPECT_EQ(resampler.error().code, ErrorCode::out_of_memory);
    ++refusals;
  }
  EXPECT_GT(refusals, 1);
}

}  // namespace
}  // namespace limpid::dsp
